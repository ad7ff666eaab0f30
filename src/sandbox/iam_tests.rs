//! IAM over the sandbox's own wire: its codes, its limits, its memory.

use super::sts_tests::{Keys, access_role, assume, element, query};
use super::wire::Answer;
use super::world::World;

const MEMBER: &str = "915028374461";
const TRUST: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}"#;
const READ: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}}"#;
const S3: &str = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";

struct Shell {
    world: World,
    keys: Keys,
}

impl Shell {
    async fn in_member(policy: Option<&str>) -> Self {
        let world = World::from_spec("healthy").unwrap();
        let params: Vec<(&str, &str)> = policy.map(|text| ("Policy", text)).into_iter().collect();
        let keys = assume(&world, &Keys::admin(&world), &access_role(MEMBER), &params).await.unwrap();
        Self { world, keys }
    }

    async fn run(&self, action: &str, params: &[(&str, &str)]) -> Answer {
        query(&self.world, &self.keys, "iam", action, params).await
    }

    async fn fine(&self, action: &str, params: &[(&str, &str)]) -> Answer {
        let answer = self.run(action, params).await;
        assert_eq!(answer.status, 200, "{action} {params:?}: {}", answer.body);
        answer
    }

    /// Code and message of what must be refused.
    async fn refused(&self, action: &str, params: &[(&str, &str)]) -> (String, String) {
        let answer = self.run(action, params).await;
        assert_ne!(answer.status, 200, "{action} {params:?}");
        (element(&answer, "Code"), element(&answer, "Message"))
    }

    async fn role(&self, name: &str) {
        self.fine("CreateRole", &[("RoleName", name), ("AssumeRolePolicyDocument", TRUST)]).await;
    }
}

#[tokio::test]
async fn codes_are_iams() {
    let shell = Shell::in_member(None).await;
    shell.role("R").await;
    let role = ("RoleName", "R");
    shell.fine("PutRolePolicy", &[role, ("PolicyName", "P"), ("PolicyDocument", READ)]).await;
    shell.fine("AttachRolePolicy", &[role, ("PolicyArn", S3)]).await;
    shell.fine("AttachRolePolicy", &[role, ("PolicyArn", S3)]).await;
    let unknown = "arn:aws:iam::aws:policy/NoSuchThing";
    for (action, params, code) in [
        ("GetRole", vec![("RoleName", "Q")], "NoSuchEntity"),
        ("GetRole", vec![("RoleName", "a/b")], "ValidationError"),
        ("GetRole", vec![], "ValidationError"),
        ("CreateRole", vec![("RoleName", "r"), ("AssumeRolePolicyDocument", TRUST)], "EntityAlreadyExists"),
        ("CreateRole", vec![("RoleName", "T"), ("AssumeRolePolicyDocument", READ)], "MalformedPolicyDocument"),
        ("PutRolePolicy", vec![role, ("PolicyName", "P"), ("PolicyDocument", TRUST)], "MalformedPolicyDocument"),
        ("GetRolePolicy", vec![role, ("PolicyName", "p")], "NoSuchEntity"),
        ("DeleteRolePolicy", vec![role, ("PolicyName", "Q")], "NoSuchEntity"),
        ("AttachRolePolicy", vec![role, ("PolicyArn", unknown)], "NoSuchEntity"),
        ("AttachRolePolicy", vec![role, ("PolicyArn", "x")], "InvalidInput"),
        ("DetachRolePolicy", vec![role, ("PolicyArn", unknown)], "NoSuchEntity"),
        ("DeleteRole", vec![role], "DeleteConflict"),
        ("GetUser", vec![("UserName", "nobody")], "NoSuchEntity"),
        ("GetUserPolicy", vec![("UserName", "analyst"), ("PolicyName", "x")], "NoSuchEntity"),
        ("PutGroupPolicy", vec![("GroupName", "g"), ("PolicyName", "x"), ("PolicyDocument", READ)], "NoSuchEntity"),
        ("CreateVirtualMFADevice", vec![], "InvalidAction"),
    ] {
        assert_eq!(shell.refused(action, &params).await.0, code, "{action} {params:?}");
    }
    shell.fine("DetachRolePolicy", &[role, ("PolicyArn", S3)]).await;
    assert_eq!(shell.refused("DeleteRole", &[role]).await.0, "DeleteConflict");
    shell.fine("DeleteRolePolicy", &[role, ("PolicyName", "P")]).await;
    shell.fine("CreateInstanceProfile", &[("InstanceProfileName", "I")]).await;
    shell.fine("AddRoleToInstanceProfile", &[("InstanceProfileName", "I"), role]).await;
    assert_eq!(element(&shell.fine("ListInstanceProfilesForRole", &[role]).await, "InstanceProfileName"), "I");
    assert_eq!(shell.refused("DeleteRole", &[role]).await.0, "DeleteConflict");
    shell.fine("RemoveRoleFromInstanceProfile", &[("InstanceProfileName", "I"), role]).await;
    shell.fine("DeleteRole", &[role]).await;
    assert_eq!(shell.refused("GetRole", &[role]).await.0, "NoSuchEntity");
}

#[tokio::test]
async fn whoever_puts_a_role_into_an_instance_profile_passes_it_to_ec2() {
    let passing = |service: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","NotAction":"iam:PassRole","Resource":"*"}},
            {{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::{MEMBER}:role/R",
            "Condition":{{"StringEquals":{{"iam:PassedToService":"{service}"}}}}}}]}}"#
        )
    };
    for (service, taken) in [("lambda.amazonaws.com", false), ("ec2.amazonaws.com", true)] {
        let shell = Shell::in_member(Some(&passing(service))).await;
        shell.role("R").await;
        shell.fine("CreateInstanceProfile", &[("InstanceProfileName", "I")]).await;
        let both = [("InstanceProfileName", "I"), ("RoleName", "R")];
        if taken {
            shell.fine("AddRoleToInstanceProfile", &both).await;
            continue;
        }
        let (code, message) = shell.refused("AddRoleToInstanceProfile", &both).await;
        assert_eq!(code, "AccessDenied");
        assert!(message.contains(&format!("iam:PassRole on resource: arn:aws:iam::{MEMBER}:role/R ")), "{message}");
    }
}

#[tokio::test]
async fn quotas_are_limit_exceeded() {
    let shell = Shell::in_member(None).await;
    shell.role("R").await;
    let role = ("RoleName", "R");
    let long = |size: usize| {
        let name = "x".repeat(size - READ.len());
        READ.replace(r#""*""#, &format!(r#""*{name}""#))
    };
    let (fits, over) = (long(6000), long(5000));
    shell.fine("PutRolePolicy", &[role, ("PolicyName", "A"), ("PolicyDocument", &fits)]).await;
    let (code, message) = shell.refused("PutRolePolicy", &[role, ("PolicyName", "B"), ("PolicyDocument", &over)]).await;
    assert_eq!(code, "LimitExceeded");
    assert_eq!(message, "Maximum policy size of 10240 bytes exceeded for role R");
    shell.fine("PutRolePolicy", &[role, ("PolicyName", "A"), ("PolicyDocument", &over)]).await;

    let account = "1".repeat(12);
    let many = vec![format!("\"arn:aws:iam::{account}:root\""); 80].join(",");
    let trust = TRUST.replace(r#"{"Service":"ec2.amazonaws.com"}"#, &format!(r#"{{"AWS":[{many}]}}"#));
    let (code, message) = shell.refused("UpdateAssumeRolePolicy", &[role, ("PolicyDocument", &trust)]).await;
    assert_eq!((code.as_str(), message.as_str()), ("LimitExceeded", "Cannot exceed quota for ACLSizePerRole: 2048"));

    let known = super::managed::ManagedPolicies::new("aws").first(11);
    for managed in &known[..10] {
        shell.fine("AttachRolePolicy", &[role, ("PolicyArn", &managed.arn)]).await;
    }
    let refusal = shell.refused("AttachRolePolicy", &[role, ("PolicyArn", &known[10].arn)]).await;
    assert_eq!(refusal.1, "Cannot exceed quota for PoliciesPerRole: 10");
}

#[tokio::test]
async fn lists_come_in_pages() {
    let shell = Shell::in_member(None).await;
    shell.role("R").await;
    let role = ("RoleName", "R");
    for n in 0..5 {
        let name = format!("P{n}");
        shell.fine("PutRolePolicy", &[role, ("PolicyName", &name), ("PolicyDocument", READ)]).await;
    }
    let (mut names, mut marker) = (Vec::new(), String::new());
    loop {
        let mut params = vec![role, ("MaxItems", "2")];
        if !marker.is_empty() {
            params.push(("Marker", &marker));
        }
        let page = shell.fine("ListRolePolicies", &params).await;
        names.extend(page.body.split("<member>").skip(1).map(|rest| rest.get(..2).unwrap().to_owned()));
        if element(&page, "IsTruncated") == "false" {
            break;
        }
        marker = element(&page, "Marker");
    }
    assert_eq!(names, ["P0", "P1", "P2", "P3", "P4"]);
    assert_eq!(shell.refused("ListRolePolicies", &[role, ("MaxItems", "1001")]).await.0, "ValidationError");
}

#[tokio::test]
async fn a_deleted_principal_leaves_its_unique_id_behind() {
    let shell = Shell::in_member(None).await;
    let (code, message) = {
        let trust =
            TRUST.replace(r#"{"Service":"ec2.amazonaws.com"}"#, r#"{"AWS":"arn:aws:iam::915028374461:role/Gone"}"#);
        shell.refused("CreateRole", &[("RoleName", "R"), ("AssumeRolePolicyDocument", &trust)]).await
    };
    assert_eq!(code, "MalformedPolicyDocument");
    assert_eq!(message, "Invalid principal in policy: &quot;AWS&quot;:&quot;arn:aws:iam::915028374461:role/Gone&quot;");

    let analyst = "arn:aws:iam::915028374461:user/analyst";
    let trust = TRUST.replace(
        r#"{"Service":"ec2.amazonaws.com"}"#,
        &format!(
            r#"{{"AWS":["{analyst}","000123456789"]}},"Condition":{{"ArnEquals":{{"aws:PrincipalArn":"{analyst}"}}}}"#
        ),
    );
    shell.fine("CreateRole", &[("RoleName", "R"), ("AssumeRolePolicyDocument", &trust)]).await;
    let shown = || async {
        let answer = shell.fine("GetRole", &[("RoleName", "R")]).await;
        let text = element(&answer, "AssumeRolePolicyDocument");
        let text = percent_encoding::percent_decode_str(&text).decode_utf8().unwrap().into_owned();
        serde_json::from_str::<serde_json::Value>(&text).unwrap()["Statement"].clone()
    };
    let before = shown().await;
    assert_eq!(before["Principal"]["AWS"], serde_json::json!([analyst, "arn:aws:iam::000123456789:root"]));

    shell.fine("DeleteUserPolicy", &[("UserName", "analyst"), ("PolicyName", "OwnWork")]).await;
    shell.fine("DeleteUser", &[("UserName", "analyst")]).await;
    shell.fine("CreateUser", &[("UserName", "analyst")]).await;
    let after = shown().await;
    assert!(after["Principal"]["AWS"][0].as_str().unwrap().starts_with("AIDA"), "{after}");
    assert_eq!(after["Condition"]["ArnEquals"]["aws:PrincipalArn"], analyst, "conditions are left alone");
}

#[tokio::test]
async fn denials_name_the_policy_that_stands_in_the_way() {
    let policy = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["iam:GetRole","iam:CreateRole"],"Resource":"arn:aws:iam::915028374461:role/R"}}"#;
    let shell = Shell::in_member(Some(policy)).await;
    shell.role("R").await;
    shell.fine("GetRole", &[("RoleName", "R")]).await;
    let who =
        "User: arn:aws:sts::915028374461:assumed-role/OrganizationAccountAccessRole/tests is not authorized to perform";
    let (code, message) = shell.refused("GetRole", &[("RoleName", "S")]).await;
    assert_eq!(code, "AccessDenied");
    assert_eq!(
        message,
        format!(
            "{who}: iam:GetRole on resource: arn:aws:iam::915028374461:role/S because no session policy allows the iam:GetRole action"
        )
    );
    let tagged = [
        ("RoleName", "R"),
        ("AssumeRolePolicyDocument", TRUST),
        ("Tags.member.1.Key", "a"),
        ("Tags.member.1.Value", "b"),
    ];
    assert!(
        shell.refused("CreateRole", &tagged).await.1.contains("iam:TagRole"),
        "tags need a permission of their own"
    );

    let world = World::from_spec("rough").unwrap();
    let keys = assume(&world, &Keys::admin(&world), &access_role("100000000021"), &[]).await.unwrap();
    let answer =
        query(&world, &keys, "iam", "CreateRole", &[("RoleName", "R"), ("AssumeRolePolicyDocument", TRUST)]).await;
    assert!(element(&answer, "Message").ends_with("with an explicit deny in a service control policy"));
    let keys = assume(&world, &Keys::admin(&world), &access_role("100000000023"), &[]).await.unwrap();
    let put = [("RoleName", "OrganizationAccountAccessRole"), ("PolicyName", "p"), ("PolicyDocument", READ)];
    let answer = query(&world, &keys, "iam", "PutRolePolicy", &put).await;
    let ending = "because no permissions boundary allows the iam:PutRolePolicy action";
    assert!(element(&answer, "Message").ends_with(ending), "{}", answer.body);
}

#[tokio::test]
async fn pass_role_is_simulated_with_its_condition_and_through_groups() {
    let shell = Shell::in_member(None).await;
    let (own, other) = ("arn:aws:iam::915028374461:role/R", "arn:aws:iam::915028374461:role/S");
    let grant = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"iam:PassRole","Resource":"{own}","Condition":{{"StringEquals":{{"iam:PassedToService":"ml.amazonaws.com"}}}}}}}}"#
    );
    shell.fine("CreateGroup", &[("GroupName", "g")]).await;
    shell.fine("PutGroupPolicy", &[("GroupName", "g"), ("PolicyName", "p"), ("PolicyDocument", &grant)]).await;
    let source = ("PolicySourceArn", "arn:aws:iam::915028374461:user/analyst");
    let ask = [
        source,
        ("ActionNames.member.1", "iam:PassRole"),
        ("ResourceArns.member.1", own),
        ("ContextEntries.member.1.ContextKeyName", "iam:PassedToService"),
        ("ContextEntries.member.1.ContextKeyType", "string"),
        ("ContextEntries.member.1.ContextKeyValues.member.1", "ml.amazonaws.com"),
    ];
    let decision = |answer: &Answer| element(answer, "EvalDecision");
    assert_eq!(decision(&shell.fine("SimulatePrincipalPolicy", &ask).await), "implicitDeny");
    shell.fine("AddUserToGroup", &[("GroupName", "g"), ("UserName", "analyst")]).await;
    assert_eq!(decision(&shell.fine("SimulatePrincipalPolicy", &ask).await), "allowed");
    assert_eq!(decision(&shell.fine("SimulatePrincipalPolicy", &ask[..3]).await), "implicitDeny", "no context");
    let mut both = ask.to_vec();
    both.push(("ResourceArns.member.2", other));
    let answer = shell.fine("SimulatePrincipalPolicy", &both).await;
    assert_eq!(decision(&answer), "implicitDeny");
    assert_eq!(answer.body.matches("<EvalResourceDecision>allowed<").count(), 1);
    let nobody = [("PolicySourceArn", "arn:aws:iam::915028374461:user/x"), ("ActionNames.member.1", "iam:PassRole")];
    assert_eq!(shell.refused("SimulatePrincipalPolicy", &nobody).await.0, "NoSuchEntity");
}

#[tokio::test]
async fn tags_fold_case_in_their_keys_and_are_checked_as_a_whole() {
    let shell = Shell::in_member(None).await;
    let role = ("RoleName", "R");
    let mut made =
        vec![role, ("AssumeRolePolicyDocument", TRUST), ("Tags.member.1.Key", "a"), ("Tags.member.1.Value", "1")];
    made.extend([("Tags.member.2.Key", "A"), ("Tags.member.2.Value", "2")]);
    assert_eq!(shell.refused("CreateRole", &made).await.0, "InvalidInput");
    assert_eq!(shell.refused("GetRole", &[role]).await.0, "NoSuchEntity", "a bad tag fails the whole call");
    shell.fine("CreateRole", &made[..4]).await;
    shell.fine("TagRole", &[role, ("Tags.member.1.Key", "A"), ("Tags.member.1.Value", "2")]).await;
    let tags = shell.fine("ListRoleTags", &[role]).await;
    assert_eq!((element(&tags, "Key").as_str(), element(&tags, "Value").as_str()), ("a", "2"));
    shell.fine("UntagRole", &[role, ("TagKeys.member.1", "A")]).await;
    assert!(!shell.fine("ListRoleTags", &[role]).await.body.contains("<Key>"));
}

#[tokio::test]
async fn a_session_duration_that_an_update_leaves_out_becomes_one_hour() {
    let shell = Shell::in_member(None).await;
    let (role, long) = (("RoleName", "R"), ("MaxSessionDuration", "43200"));
    shell.fine("CreateRole", &[role, ("AssumeRolePolicyDocument", TRUST), ("Description", "a"), long]).await;
    shell.fine("UpdateRole", &[role, ("Description", "b")]).await;
    let answer = shell.fine("GetRole", &[role]).await;
    assert_eq!([element(&answer, "Description"), element(&answer, "MaxSessionDuration")], ["b", "3600"]);
}
