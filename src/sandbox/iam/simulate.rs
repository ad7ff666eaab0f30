//! SimulatePrincipalPolicy: what the policies of a user, group or role say to actions on resources.
//!
//! As the model now documents: one result for each action, the verdicts for single resources only in
//! `ResourceSpecificResults`, and the organization's SCPs counted in.

use super::super::entities::Iam;
use super::super::policy::{Context, Decision, Document, Layer, Layers, Policies, PolicyKind, check};
use super::super::refusal::Refusal;
use super::super::xml::Xml;
use super::call::{Call, Holder, Reply};
use super::inline::grants;

pub(super) fn principal(call: &Call<'_>) -> Reply {
    let source = call.params.required("PolicySourceArn")?;
    let actions = call.params.list("ActionNames");
    if actions.is_empty() {
        return Err(Refusal::validation(
            "1 validation error detected: Value null at 'actionNames' failed to satisfy constraint: Member must not be null",
        ));
    }
    if let Some(odd) = actions.iter().find(|action| !action.contains(':')) {
        return Err(Refusal::invalid_input(format!("Invalid Action: {odd}")));
    }
    let resources = call.params.list("ResourceArns");
    let resources = if resources.is_empty() { vec!["*"] } else { resources };
    let iam = call.iam();
    call.authorize(&iam, source, &[])?;
    let layers = layers(call, &iam, source)?;
    let context = context(call);

    let mut xml = Xml::with_capacity(1024);
    call.page(&mut xml, "EvaluationResults", actions.iter(), |xml, action| {
        let decisions: Vec<Decision> =
            resources.iter().map(|resource| layers.decide(action, resource, &context)).collect();
        // The overall verdict is the worst of the single ones.
        let rank = |decision: &&Decision| match decision {
            Decision::Allowed => 0,
            Decision::ImplicitDeny(_) => 1,
            Decision::ExplicitDeny(_) => 2,
        };
        let overall = decisions.iter().max_by_key(rank).copied().unwrap_or(Decision::Allowed);
        xml.within("member", |xml| {
            let resource = if let [one] = resources.as_slice() { one } else { "*" };
            xml.text("EvalActionName", action)
                .text("EvalResourceName", resource)
                .plain("EvalDecision", word(overall))
                .raw("<MatchedStatements/><MissingContextValues/>");
            write_layers(xml, overall);
            xml.within("ResourceSpecificResults", |xml| {
                for (resource, decision) in resources.iter().zip(&decisions) {
                    xml.within("member", |xml| {
                        xml.text("EvalResourceName", resource)
                            .plain("EvalResourceDecision", word(*decision))
                            .raw("<MatchedStatements/><MissingContextValues/>");
                    });
                }
            });
        });
    })?;
    Ok(Some(xml))
}

fn word(decision: Decision) -> &'static str {
    match decision {
        Decision::Allowed => "allowed",
        Decision::ExplicitDeny(_) => "explicitDeny",
        Decision::ImplicitDeny(_) => "implicitDeny",
    }
}

/// Whether SCPs and the boundary allowed it.
fn write_layers(xml: &mut Xml, decision: Decision) {
    let denied_by = match decision {
        Decision::Allowed => None,
        Decision::ExplicitDeny(layer) | Decision::ImplicitDeny(layer) => Some(layer),
    };
    xml.within("OrganizationsDecisionDetail", |xml| {
        xml.plain("AllowedByOrganizations", denied_by != Some(Layer::ServiceControlPolicy));
    });
    if denied_by == Some(Layer::PermissionsBoundary) {
        xml.within("PermissionsBoundaryDecisionDetail", |xml| {
            xml.plain("AllowedByPermissionsBoundary", false);
        });
    }
}

/// All that has a say in what `source` may do.
fn layers<'a>(call: &Call<'a>, iam: &Iam, source: &str) -> Result<Layers<'a>, Refusal> {
    let invalid = || Refusal::invalid_input(format!("Invalid Entity Arn: {source}"));
    let arn: crate::ids::Arn = source.parse().map_err(|_| invalid())?;
    let missing = || Refusal::no_such_entity(format!("The principal {source} cannot be found."));
    if arn.service() != "iam" || arn.account() != call.account.id.as_str() {
        return Err(if arn.service() == "iam" { missing() } else { invalid() });
    }
    let (kind, name) = arn.resource().split_once('/').ok_or_else(invalid)?;
    let name = name.rsplit('/').next().unwrap_or(name);
    let kind = match kind {
        "role" => Holder::Role,
        "user" => Holder::User,
        "group" => Holder::Group,
        _ => return Err(invalid()),
    };
    let mut identity: Policies = grants(iam, kind, name)?.documents().collect();
    if kind == Holder::User {
        identity.extend(iam.groups_of(name).flat_map(|group| group.grants.documents()));
    }
    for text in call.params.list("PolicyInputList") {
        check(text, PolicyKind::Identity).map_err(Refusal::invalid_input)?;
        identity.push(Document::new(text));
    }
    let boundary =
        if kind == Holder::Role { iam.roles.get(name).and_then(|role| role.boundary.as_ref()) } else { None };
    Ok(Layers {
        scps: call.world.scps(call.account),
        identity,
        boundary: boundary.map(|managed| std::sync::Arc::clone(&managed.document)),
        session: None,
    })
}

/// `ContextEntries`.
fn context<'a>(call: &Call<'a>) -> Context<'a> {
    let mut context = Context::new();
    for n in 1usize.. {
        let field = |name: &str| format!("ContextEntries.member.{n}.{name}");
        let Some(key) = call.params.get(&field("ContextKeyName")) else { break };
        let values = (1usize..).map_while(|v| call.params.get(&field(&format!("ContextKeyValues.member.{v}"))));
        context.set_all(key, values.map(Into::into).collect());
    }
    context
}
