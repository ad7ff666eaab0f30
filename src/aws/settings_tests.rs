//! Options go before variables, variables before the profile; what is set and empty says nothing.

use super::*;

const CONFIG: &str = "[default]\nregion = eu-north-1\n[profile a]\nregion = eu-west-1\nendpoint_url = http://all:1\n\
                      services = own\nuse_fips_endpoint = true\nmax_attempts = 2\nca_bundle = ~/ca.pem\n\
                      [services own]\nsts =\n  endpoint_url = http://sts:1\n";

async fn settings(profile: Option<&str>, variables: &[(&str, &str)]) -> Result<Settings, Mistake> {
    let options = Options { profile: profile.map(str::to_owned), ..Options::default() };
    Settings::of(options, variables.into(), Profiles::parse(CONFIG).await)
}

async fn region(profile: Option<&str>, variables: &[(&str, &str)]) -> String {
    settings(profile, variables).await.unwrap().region().unwrap().unwrap().to_string()
}

#[tokio::test]
async fn the_region_is_the_variable_s_then_the_profile_s() {
    assert_eq!(region(None, &[]).await, "eu-north-1");
    assert_eq!(region(Some("a"), &[]).await, "eu-west-1");
    assert_eq!(region(None, &[("AWS_PROFILE", "a"), ("AWS_REGION", "")]).await, "eu-west-1");
    assert_eq!(region(Some("a"), &[("AWS_DEFAULT_REGION", "us-east-2")]).await, "us-east-2");
    assert_eq!(region(None, &[("AWS_DEFAULT_REGION", "us-east-2"), ("AWS_REGION", "sa-east-1")]).await, "sa-east-1");
    let wrong = settings(None, &[("AWS_REGION", "not a region")]).await.unwrap_err();
    assert!(wrong.told.starts_with("AWS_REGION: "), "{wrong}");
}

#[tokio::test]
async fn a_profile_that_is_named_has_to_be_there() {
    let gone = settings(Some("b"), &[]).await.unwrap_err();
    assert_eq!(gone.told, "the profile `b` is not in the AWS configuration");
    let gone = settings(None, &[("AWS_PROFILE", "b")]).await.unwrap_err();
    assert_eq!(gone.told, "the profile `b`, which AWS_PROFILE names, is not in the AWS configuration");
    assert_eq!(settings(Some("a"), &[("AWS_PROFILE", "b")]).await.unwrap().chosen, Chosen::Option("a".to_owned()));
    let both = settings(None, &[("AWS_PROFILE", "b"), ("AWS_DEFAULT_PROFILE", "a")]).await.unwrap();
    assert_eq!(both.chosen, Chosen::Variable("a".to_owned()));
    assert_eq!(settings(None, &[("AWS_PROFILE", "")]).await.unwrap().chosen, Chosen::Nobody);
}

#[tokio::test]
async fn an_endpoint_has_one_source_and_names_it() {
    let at = async |profile, variables: &[(&str, &str)], service| {
        let found = settings(profile, variables).await.unwrap().endpoint(service).unwrap();
        found.map(|found| (found.url, found.from))
    };
    let some = |url: &str, from: &str| Some((url.to_owned(), from.to_owned()));
    assert_eq!(at(None, &[], Service::Sts).await, None);
    let own = "endpoint_url of sts in the section `services own`";
    assert_eq!(at(Some("a"), &[], Service::Sts).await, some("http://sts:1", own));
    assert_eq!(at(Some("a"), &[], Service::Iam).await, some("http://all:1", "endpoint_url of the profile `a`"));
    let all = &[("AWS_ENDPOINT_URL", "http://v:1"), ("AWS_ENDPOINT_URL_IAM", "")][..];
    assert_eq!(at(Some("a"), all, Service::Iam).await, some("http://v:1", "AWS_ENDPOINT_URL"));
    let one = &[("AWS_ENDPOINT_URL", "http://v:1"), ("AWS_ENDPOINT_URL_SSO_OIDC", "http://o:1")][..];
    assert_eq!(at(None, one, Service::SsoOidc).await, some("http://o:1", "AWS_ENDPOINT_URL_SSO_OIDC"));
    let ignored = &[("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")][..];
    assert_eq!(at(Some("a"), ignored, Service::Sts).await, None);
    let wrong = settings(None, &[("AWS_ENDPOINT_URL_IAM", "localhost:4566")]).await.unwrap_err();
    assert_eq!(wrong.told, "AWS_ENDPOINT_URL_IAM: `localhost:4566` is not the URL of an endpoint");
}

#[tokio::test]
async fn switches_and_numbers_are_what_they_say_or_a_mistake() {
    let of_profile = settings(Some("a"), &[]).await.unwrap();
    assert_eq!((of_profile.fips, of_profile.dual_stack, of_profile.max_attempts), (true, false, 2));
    let over = &[("AWS_USE_FIPS_ENDPOINT", "FALSE"), ("AWS_USE_DUALSTACK_ENDPOINT", "true"), ("AWS_MAX_ATTEMPTS", "9")];
    let over = settings(Some("a"), over).await.unwrap();
    assert_eq!((over.fips, over.dual_stack, over.max_attempts), (false, true, 9));
    for (variable, value) in [("AWS_USE_FIPS_ENDPOINT", "yes"), ("AWS_MAX_ATTEMPTS", "0"), ("AWS_MAX_ATTEMPTS", "x")] {
        let wrong = settings(None, &[(variable, value)]).await.unwrap_err();
        assert!(wrong.told.starts_with(&format!("{variable} is `{value}`")), "{wrong}");
    }
    let bundle = settings(Some("a"), &[("HOME", "/h")]).await.unwrap().ca_bundle();
    assert_eq!(bundle, Some(("/h/ca.pem".into(), "ca_bundle of the profile `a`".to_owned())));
}
