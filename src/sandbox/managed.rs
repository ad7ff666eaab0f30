//! AWS's managed policies, as many as the sandbox knows. Attaching another is `NoSuchEntity`.
//!
//! Documents are those of the policies where they are short; the three long ones are cut down to what a test can tell.

use std::sync::Arc;

use super::entities::Managed;
use super::policy::Document;

/// Path and name, and the document with `arn:aws:` in it.
const KNOWN: &[(&str, &str, &str)] = &[
    (
        "/",
        "AdministratorAccess",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
    ),
    (
        "/",
        "PowerUserAccess",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":["iam:*","organizations:*","account:*"],"Resource":"*"},{"Effect":"Allow","Action":["iam:CreateServiceLinkedRole","iam:DeleteServiceLinkedRole","iam:ListRoles","organizations:DescribeOrganization","account:ListRegions"],"Resource":"*"}]}"#,
    ),
    (
        "/",
        "ReadOnlyAccess",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:Get*","iam:List*","iam:Simulate*","organizations:Describe*","organizations:List*","s3:Get*","s3:List*","sts:GetCallerIdentity"],"Resource":"*"}]}"#,
    ),
    (
        "/",
        "SecurityAudit",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:Get*","iam:List*","iam:Simulate*","organizations:Describe*","organizations:List*"],"Resource":"*"}]}"#,
    ),
    (
        "/",
        "IAMFullAccess",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:*","organizations:DescribeAccount","organizations:DescribeOrganization","organizations:DescribeOrganizationalUnit","organizations:ListChildren","organizations:ListParents","organizations:ListRoots"],"Resource":"*"}]}"#,
    ),
    (
        "/",
        "IAMReadOnlyAccess",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:Get*","iam:List*","iam:Simulate*"],"Resource":"*"}]}"#,
    ),
    (
        "/",
        "AmazonS3ReadOnlyAccess",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:Get*","s3:List*","s3:Describe*","s3-object-lambda:Get*","s3-object-lambda:List*"],"Resource":"*"}]}"#,
    ),
    (
        "/",
        "AmazonS3FullAccess",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*","s3-object-lambda:*"],"Resource":"*"}]}"#,
    ),
    (
        "/",
        "AmazonRedshiftReadOnlyAccess",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["redshift:Describe*","redshift:ViewQueriesInConsole"],"Resource":"*"}]}"#,
    ),
    (
        "/",
        "AmazonRedshiftFullAccess",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["redshift:*"],"Resource":"*"}]}"#,
    ),
    (
        "/",
        "AmazonRedshiftAllCommandsFullAccess",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sagemaker:CreateTrainingJob","sagemaker:CreateAutoMLJob","sagemaker:CreateEndpoint","sagemaker:InvokeEndpoint"],"Resource":["arn:aws:sagemaker:*:*:*redshift*"]},{"Effect":"Allow","Action":["s3:GetObject","s3:GetBucketAcl","s3:GetBucketLocation","s3:ListBucket","s3:PutObject"],"Resource":["arn:aws:s3:::redshift-downloads","arn:aws:s3:::*redshift*"]}]}"#,
    ),
    (
        "/",
        "AmazonSageMakerFullAccess",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sagemaker:*"],"Resource":"*"}]}"#,
    ),
    (
        "/",
        "AmazonEC2ReadOnlyAccess",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ec2:Describe*"],"Resource":"*"}]}"#,
    ),
    (
        "/",
        "AmazonVPCReadOnlyAccess",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ec2:DescribeVpcs","ec2:DescribeSubnets"],"Resource":"*"}]}"#,
    ),
    (
        "/",
        "CloudWatchReadOnlyAccess",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["cloudwatch:Get*","cloudwatch:List*","cloudwatch:Describe*"],"Resource":"*"}]}"#,
    ),
    (
        "/",
        "AWSCloudTrail_ReadOnlyAccess",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["cloudtrail:Get*","cloudtrail:List*","cloudtrail:Describe*"],"Resource":"*"}]}"#,
    ),
    (
        "/job-function/",
        "ViewOnlyAccess",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:List*","s3:ListAllMyBuckets"],"Resource":"*"}]}"#,
    ),
    (
        "/job-function/",
        "Billing",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["aws-portal:*Billing"],"Resource":"*"}]}"#,
    ),
    (
        "/service-role/",
        "AWSLambdaBasicExecutionRole",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"}]}"#,
    ),
    (
        "/service-role/",
        "AmazonMachineLearningRoleforRedshiftDataSourceV3",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ec2:AuthorizeSecurityGroupIngress","ec2:CreateSecurityGroup","ec2:DescribeInternetGateways","ec2:DescribeSecurityGroups","ec2:RevokeSecurityGroupIngress","redshift:AuthorizeClusterSecurityGroupIngress","redshift:CreateClusterSecurityGroup","redshift:DescribeClusters","redshift:DescribeClusterSecurityGroups","redshift:ModifyCluster","redshift:RevokeClusterSecurityGroupIngress"],"Resource":"*"},{"Effect":"Allow","Action":["s3:PutBucketPolicy","s3:GetBucketLocation","s3:GetBucketPolicy","s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::amazon-machine-learning*"}]}"#,
    ),
];

/// AWS's managed policies of one partition.
#[derive(Debug)]
pub(super) struct ManagedPolicies(Vec<Arc<Managed>>);

impl ManagedPolicies {
    pub(super) fn new(partition: &str) -> Self {
        let make = |(path, name, document): &(&str, &str, &str)| {
            Arc::new(Managed {
                arn: format!("arn:{partition}:iam::aws:policy{path}{name}"),
                name: (*name).to_owned(),
                path: (*path).to_owned(),
                document: Document::new(*document),
            })
        };
        Self(KNOWN.iter().map(make).collect())
    }

    /// The policy with that ARN.
    pub(super) fn get(&self, arn: &str) -> Option<&Arc<Managed>> {
        self.0.iter().find(|managed| managed.arn == arn)
    }

    /// The policies of these names, as many as are known; for seeds.
    pub(super) fn named(&self, names: &[&str]) -> Vec<Arc<Managed>> {
        self.0.iter().filter(|managed| names.contains(&&*managed.name)).cloned().collect()
    }

    /// Up to `n` policies, for an entity whose quota is used up.
    pub(super) fn first(&self, n: usize) -> Vec<Arc<Managed>> {
        self.0.iter().skip(1).take(n).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::policy::{PolicyKind, check};

    #[test]
    fn every_known_policy_is_one_that_iam_would_take() {
        for managed in &ManagedPolicies::new("aws").0 {
            assert!(check(managed.document.text(), PolicyKind::Identity).is_ok(), "{}", managed.name);
        }
    }
}
