//! `rolecall sandbox`: a simulated organization on a loopback port.

use std::fs::File;

use tokio_util::sync::CancellationToken;

use super::args::SandboxArgs;
use super::error::CliError;
use super::signals::StopWords;
use super::ui;
use crate::sandbox::{SandboxServer, World};

pub(super) async fn sandbox(args: SandboxArgs) -> Result<u8, CliError> {
    let world = World::from_spec(&args.world)?;
    if let Some(path) = args.request_log {
        let file = File::create(&path).map_err(|error| CliError::Unwritable(path, error))?;
        world.log().stream_to(file);
    }
    let server =
        SandboxServer::bind(world.clone(), args.port).await.map_err(|error| CliError::Port(args.port, error))?;
    let endpoint = server.endpoint()?;
    let exports: Vec<String> =
        world.environment(&endpoint).into_iter().map(|(name, value)| format!("export {name}={value}\n")).collect();
    ui::out(&exports.concat())?;
    let accounts = world.account_ids().count();
    ui::say(&format!(
        "a simulated organization of {accounts} accounts at {endpoint}; put the lines above into the shell \
         that uses it; Ctrl-C ends it"
    ));
    let stop = CancellationToken::new();
    let signal = stop.clone();
    let mut words = StopWords::listen();
    tokio::spawn(async move {
        words.next().await;
        signal.cancel();
    });
    server.run(stop).await?;
    let log = world.log();
    ui::say(&format!("{} requests, {} writes", log.requests(), log.writes()));
    Ok(0)
}
