//! The profiles of the AWS configuration: `~/.aws/config` and `~/.aws/credentials`, or where `AWS_CONFIG_FILE` and
//! `AWS_SHARED_CREDENTIALS_FILE` say. The SDK reads the files; here is what is asked of them.

use aws_config::profile::{ProfileSet, load};
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_runtime::env_config::property::PropertiesKey;
use aws_types::os_shim_internal::Fs;

use super::failure::chain;
use super::mistake::Mistake;
use super::variables::Variables;

/// Every profile.
#[derive(Debug, Clone, Default)]
pub struct Profiles(ProfileSet);

impl Profiles {
    /// Reads the files; those that are not there hold nothing.
    ///
    /// # Errors
    /// When one is not written as such files are.
    pub async fn read(variables: &Variables) -> Result<Self, Mistake> {
        Self::of(variables, &EnvConfigFiles::default()).await
    }

    async fn of(variables: &Variables, files: &EnvConfigFiles) -> Result<Self, Mistake> {
        let read = load(&Fs::real(), &variables.for_sdk(), files, None).await;
        read.map(Self).map_err(|error| {
            let words = chain(&error).replace('\n', " ");
            Mistake::new(
                format!("the AWS configuration cannot be read: {words}"),
                "correct ~/.aws/config and ~/.aws/credentials, or the files that AWS_CONFIG_FILE and \
                 AWS_SHARED_CREDENTIALS_FILE name",
            )
        })
    }

    /// Whether the profile is there.
    pub fn has(&self, profile: &str) -> bool {
        self.0.get_profile(profile).is_some()
    }

    /// What the profile says under `key`, if it says anything.
    pub fn get(&self, profile: &str, key: &str) -> Option<&str> {
        self.0.get_profile(profile)?.get(key).filter(|value| !value.trim().is_empty())
    }

    /// What the section `[sso-session NAME]` says; the first `None` where there is no such section.
    pub fn sso_session(&self, name: &str, key: &str) -> Option<Option<&str>> {
        let session = self.0.sso_session(name)?;
        Some(session.get(key).filter(|value| !value.trim().is_empty()))
    }

    /// The endpoint of a service in the section `[services NAME]` that the profile names.
    pub fn service_endpoint(&self, profile: &str, service: &str) -> Option<&str> {
        let key = PropertiesKey::builder()
            .section_key("services")
            .section_name(self.get(profile, "services")?)
            .property_name(service)
            .sub_property_name("endpoint_url")
            .build();
        self.0.other_sections().get(&key.ok()?).map(String::as_str).filter(|url| !url.trim().is_empty())
    }

    /// The profiles of a configuration file's text.
    #[cfg(test)]
    pub(super) async fn parse(config: &str) -> Self {
        use aws_runtime::env_config::file::EnvConfigFileKind;
        let files = EnvConfigFiles::builder().with_contents(EnvConfigFileKind::Config, config).build();
        Self::of(&Variables::default(), &files).await.unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn sections_are_found_and_empty_values_are_none() {
        let profiles = Profiles::parse(
            "[profile a]\nregion =\nrole_arn = r\nservices = local\n[sso-session s]\nsso_region = eu-west-1\n\
             [services local]\nsts =\n  endpoint_url = http://127.0.0.1:1\n",
        )
        .await;
        assert!(profiles.has("a") && !profiles.has("b"));
        assert_eq!((profiles.get("a", "region"), profiles.get("a", "role_arn")), (None, Some("r")));
        assert_eq!(profiles.sso_session("s", "sso_region"), Some(Some("eu-west-1")));
        assert_eq!((profiles.sso_session("s", "x"), profiles.sso_session("t", "x")), (Some(None), None));
        assert_eq!(profiles.service_endpoint("a", "sts"), Some("http://127.0.0.1:1"));
        assert_eq!(profiles.service_endpoint("a", "iam"), None);
    }

    #[tokio::test]
    async fn a_file_that_is_none_is_a_mistake_in_one_line() {
        use aws_runtime::env_config::file::EnvConfigFileKind;
        let files = EnvConfigFiles::builder().with_contents(EnvConfigFileKind::Config, "[profile a\nx").build();
        let mistake = Profiles::of(&Variables::default(), &files).await.unwrap_err();
        assert!(mistake.told.starts_with("the AWS configuration cannot be read: ") && !mistake.told.contains('\n'));
    }
}
