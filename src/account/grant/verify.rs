//! How the grants of an account differ from the setup's, with the evidence. Pure.

use super::observed::ObservedGrant;
use super::plan::{WantedGrant, grant_change, wanted_grants};
use crate::account::model::difference::Findings;
use crate::account::model::evidence::{Gathered, meaning};
use crate::account::model::observation::Observation;
use crate::account::model::words::Part;
use crate::policy::PolicyKind;
use crate::setup::desired::Desired;

/// Compares every grant.
pub(in crate::account) fn verify(desired: &Desired, observed: &Observation) -> Findings {
    let mut findings = Findings::default();
    let (mut wanted_ones, mut there) = (0, 0);
    for wanted in wanted_grants(desired, observed) {
        if let Some(note) = wanted.passed_over() {
            findings.notes.push(note);
            continue;
        }
        wanted_ones += 1;
        there += usize::from(matches!(wanted.found, Some(ObservedGrant::Present(_))));
        let change = grant_change(desired, &wanted);
        let mut found: Vec<_> = change.iter().flat_map(|change| change.differences(&desired.partition)).collect();
        if wanted.gone
            && let Some(difference) = found.first_mut()
        {
            difference.detail.push(format!("{} does not exist in this account", wanted.principal));
        }
        findings.differences.append(&mut found);
    }
    match (wanted_ones, there) {
        (0, _) => findings.skipped.push(Part::PassRole),
        (_, 0) => findings.missing.push(Part::PassRole),
        _ => {}
    }
    findings
}

/// Gathers what was wanted of every grant and what was found.
pub(in crate::account) fn evidence(desired: &Desired, observed: &Observation, gathered: &mut Gathered) {
    for wanted in wanted_grants(desired, observed).filter(|wanted| wanted.passed_over().is_none()) {
        let WantedGrant { grant, principal, .. } = wanted;
        gathered.want(format!("grant/{principal}/{}", grant.name), grant.policy.meaning.digest());
    }
    for ((principal, name), grant) in &observed.grants {
        if let ObservedGrant::Present(text) = grant {
            let found = meaning(PolicyKind::Identity, text, &desired.partition);
            gathered.find(format!("grant/{principal}/{name}"), found);
        }
    }
}
