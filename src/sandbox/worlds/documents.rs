//! The policies that accounts of the ready worlds hold.
//!
//! The setup `amazon-ml-redshift` is written down here once more, and on purpose in other words: what a first apply
//! finds "already right" must be so by meaning, not by text.

use std::sync::Arc;

use super::super::policy::Document;

/// The name of the role that the setup puts in place.
pub(super) const ROLE: &str = "AmazonMLRedshift";
/// The name of its inline policy.
pub(super) const POLICY: &str = "AmazonMLRedshiftAccess";
/// The name of the grant on a principal.
pub(super) const GRANT: &str = "RolecallPassRole-AmazonMLRedshift";
/// The role's description.
pub(super) const DESCRIPTION: &str = "Lets Amazon Machine Learning read from Amazon Redshift through Amazon S3";
/// The tag that says whose the role is.
pub(super) const TAG: (&str, &str) = ("rolecall:setup", "amazon-ml-redshift");

/// The setup's trust, in other words.
pub(super) const TRUST: &str = r#"{"Version":"2012-10-17","Statement":{"Principal":{"Service":["machinelearning.amazonaws.com"]},"Action":["STS:AssumeRole"],"Effect":"Allow"}}"#;

/// A trust that somebody widened.
pub(super) const TRUST_WIDENED: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":["machinelearning.amazonaws.com","ec2.amazonaws.com"]},"Action":"sts:AssumeRole"}]}"#;

/// A trust whose principal is gone: all that is left of it is its unique id.
pub(super) const TRUST_ORPHANED: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"AROAXDELETEDROLE23456"},"Action":"sts:AssumeRole"}]}"#;

/// The setup's permissions, in another order and with other spellings that IAM does not tell apart.
pub(super) const PERMISSIONS: &str = r#"{
    "Statement": {
        "Resource": ["*"],
        "Action": [
            "S3:GetObject", "s3:PutObjectAcl", "s3:PutObject", "s3:PutBucketPolicy", "s3:ListBucket",
            "s3:GetBucketPolicy", "s3:GetBucketLocation",
            "redshift:RevokeClusterSecurityGroupIngress", "redshift:ModifyCluster", "redshift:DescribeClusters",
            "redshift:DescribeClusterSecurityGroups", "redshift:CreateClusterSecurityGroup",
            "redshift:AuthorizeClusterSecurityGroupIngress",
            "EC2:RevokeSecurityGroupIngress", "ec2:DescribeSecurityGroups", "ec2:DescribeInternetGateways",
            "ec2:CreateSecurityGroup", "ec2:AuthorizeSecurityGroupIngress"
        ],
        "Effect": "Allow"
    },
    "Version": "2012-10-17"
}"#;

/// The setup's permissions as they were before somebody saw that `s3:ListBucket` was missing.
pub(super) const PERMISSIONS_WITHOUT_LISTING: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ec2:AuthorizeSecurityGroupIngress","ec2:CreateSecurityGroup","ec2:DescribeInternetGateways","ec2:DescribeSecurityGroups","ec2:RevokeSecurityGroupIngress","redshift:AuthorizeClusterSecurityGroupIngress","redshift:CreateClusterSecurityGroup","redshift:DescribeClusterSecurityGroups","redshift:DescribeClusters","redshift:ModifyCluster","redshift:RevokeClusterSecurityGroupIngress","s3:GetBucketLocation","s3:GetBucketPolicy","s3:GetObject","s3:PutBucketPolicy","s3:PutObject","s3:PutObjectAcl"],"Resource":"*"}]}"#;

/// What an analyst has anyway.
pub(super) const ANALYST_OWN: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["redshift:Describe*","s3:ListAllMyBuckets"],"Resource":"*"}]}"#;

/// A trust in EC2, of a role that is not ours.
pub(super) const TRUST_EC2: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

/// The setup's grant in `account`.
pub(super) fn grant(partition: &str, account: &str) -> Arc<Document> {
    Document::new(format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:{partition}:iam::{account}:role/{ROLE}","Condition":{{"StringEquals":{{"iam:PassedToService":"machinelearning.amazonaws.com"}}}}}}]}}"#
    ))
}

/// A trust in the account `management`, as Organizations puts it into the accounts that it creates. `condition` is a
/// `,"Condition":{…}` or nothing.
pub(super) fn access_trust(partition: &str, management: &str, condition: &str) -> Arc<Document> {
    Document::new(format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"arn:{partition}:iam::{management}:root"}},"Action":"sts:AssumeRole"{condition}}}]}}"#
    ))
}

/// AWS's own FullAWSAccess, and beside it a denial of `action`.
pub(super) fn full_access_but(action: &str) -> Vec<Arc<Document>> {
    let everything = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    let denial =
        format!(r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Deny","Action":"{action}","Resource":"*"}}]}}"#);
    vec![Document::new(everything), Document::new(denial)]
}

/// A policy that allows everything but `action`.
pub(super) fn everything_but(action: &str) -> Arc<Document> {
    Document::new(format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","NotAction":"{action}","Resource":"*"}}]}}"#
    ))
}

/// A policy of about `size` characters.
pub(super) fn long_policy(size: usize) -> Arc<Document> {
    let filler: String =
        (0..size.saturating_sub(110) / 40).map(|n| format!(r#","arn:aws:s3:::archive-of-the-year-{n:04}""#)).collect();
    Document::new(format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"s3:GetObject","Resource":["arn:aws:s3:::archive"{filler}]}}]}}"#
    ))
}
