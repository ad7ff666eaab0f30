//! `rolecall sandbox`: a simulated organization on a loopback port.

use std::fs::File;

use tokio_util::sync::CancellationToken;

use crate::cli::args::SandboxArgs;
use crate::cli::error::CliError;
use crate::cli::signals::StopWords;
use crate::cli::ui;
use crate::sandbox::{RequestLog, SandboxServer, World};

pub(crate) async fn sandbox(args: SandboxArgs) -> Result<u8, CliError> {
    let world = World::from_spec(&args.world)?;
    if let Some(path) = args.request_log {
        let file = File::create(&path).map_err(|error| CliError::Unwritable(path, error))?;
        world.log().stream_to(file);
    }
    let server =
        SandboxServer::bind(world.clone(), args.port).await.map_err(|error| CliError::Port(args.port, error))?;
    let endpoint = server.endpoint()?;
    let mut words = StopWords::listen();
    tell_when_asked(&world);
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
    tokio::spawn(async move {
        words.next().await;
        signal.cancel();
    });
    server.run(stop).await?;
    ui::say(&totals(world.log()));
    Ok(0)
}

/// What was asked so far.
fn totals(log: &RequestLog) -> String {
    format!("{} requests, {} writes, over {} connections", log.requests(), log.writes(), log.connections())
}

/// Says what was asked so far at each SIGUSR1, where there is such a signal, so that one command's share can be told.
fn tell_when_asked(world: &World) {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut asked) = signal(SignalKind::user_defined1()) else { return };
        let world = world.clone();
        tokio::spawn(async move {
            while asked.recv().await.is_some() {
                ui::say(&totals(world.log()));
            }
        });
    }
    #[cfg(not(unix))]
    let _ = world;
}
