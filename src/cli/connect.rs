//! From the options to a connection, with what is said and asked on the way.

use std::io::IsTerminal;
use std::sync::Arc;

use super::args::options::ConnectionArgs;
use super::error::CliError;
use super::ui;
use crate::aws::clients::{Clients, ConnectError, Connection, Route, StsPace};
use crate::aws::failure::{AwsFailure, Class};
use crate::aws::login::{Mfa, Prompt};
use crate::aws::settings::Options;
use crate::aws::watch::Watch;
use crate::inventory::organization::organization;
use crate::sanitize::printable::printable;

/// The way that the options say.
pub(super) fn route(args: &ConnectionArgs) -> Route {
    let ConnectionArgs { profile, list_profile, region, endpoint_url, .. } = args.clone();
    Route {
        options: Options { profile, region, endpoint_url },
        list_profile,
        mfa: Mfa::new(prompt()),
        watch: Watch::default(),
    }
}

/// Connects, and says who is waited for where that takes a while.
pub(super) async fn connect(connection: Connection, args: &ConnectionArgs, pace: StsPace) -> Result<Clients, CliError> {
    let watch = match &connection {
        Connection::Aws(route) => route.watch.clone(),
        Connection::Simulated { .. } => Watch::default(),
    };
    let connected = watch.during(Clients::connect(connection, pace), |line| ui::say(&printable(line))).await;
    let clients = connected?;
    expected(&clients, args).await?;
    Ok(clients)
}

/// Whether they lead where somebody expects.
async fn expected(clients: &Clients, args: &ConnectionArgs) -> Result<(), CliError> {
    let account = clients.caller().account;
    if let Some(expected) = args.expect_account.filter(|expected| *expected != account) {
        return Err(CliError::NotExpected(format!(
            "the caller {} is not of the account {expected}",
            clients.caller().arn
        )));
    }
    if let Some(expected) = &args.expect_organization {
        let found = organization(clients).await?;
        if found.id != *expected {
            let told = format!("the organization is {}, not {expected}", found.id);
            return Err(CliError::NotExpected(told));
        }
    }
    Ok(())
}

/// Asks for codes on the terminal, where there is one.
fn prompt() -> Option<Prompt> {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return None;
    }
    Some(Arc::new(|serial| {
        ui::say(&format!("the code of the MFA device {}:", printable(serial)));
        let mut code = String::new();
        std::io::stdin().read_line(&mut code).ok()?;
        Some(code)
    }))
}

/// What to do where there is no connection.
pub(super) fn hint(error: &ConnectError) -> String {
    match error {
        ConnectError::Settings(mistake) => mistake.fix.clone(),
        ConnectError::Login(login) => login.fix.clone(),
        ConnectError::Region(_) => "correct --region, AWS_REGION or the profile's region".into(),
        ConnectError::Caller(failure) => of_call(failure),
        ConnectError::StsRegion(..) => {
            "leave it out of --sts-regions, or enable the region in the caller's account".into()
        }
        ConnectError::NoCaller => "check --endpoint-url: this does not answer like AWS".into(),
    }
}

/// What to do about a call of the caller's own that failed.
pub(super) fn of_call(failure: &AwsFailure) -> String {
    if let Some(fix) = failure.network_fix() {
        return fix;
    }
    match failure.class {
        Class::Credentials => "the credentials have expired or are not known to AWS; log in again",
        Class::Clock => "set this machine's clock; if it is right, check the secret key",
        Class::Unreachable | Class::TimedOut => "check the network, the region (--region) and the endpoint",
        _ => "AWS's message says what is wrong",
    }
    .to_owned()
}
