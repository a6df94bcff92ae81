//! Who signs in to the pages: `users`. A password comes from the keyboard or from standard input, never from the command
//! line, where every process of the machine could read it.

use std::io::{self, BufRead as _, IsTerminal as _};

use anyhow::Context;
use clap::{Subcommand, ValueEnum};
use serde_json::json;

use super::{
    Ended, Opened,
    ask::{caller, desk},
    out::{Out, table},
};
use crate::domain;

#[derive(Debug, Subcommand)]
pub(super) enum Users {
    /// Somebody who signs in to the pages; asks for the password, or reads one line of standard input
    Create {
        /// What is typed at the door
        name: String,
        /// What they may do
        #[arg(long, value_enum, default_value_t = Rank::Viewer)]
        rank: Rank,
        /// Portfolios they see [default: all]
        #[arg(long, value_name = "NAME")]
        portfolio: Vec<String>,
    },
    /// Another password; their sessions end, and so does a lock
    Password {
        /// Whose
        name: String,
    },
    /// Everybody
    List,
    /// Let somebody in no more, at once
    Revoke {
        /// Whom
        name: String,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Rank {
    /// Read
    Viewer,
    /// Also record what was done and decide about links
    Analyst,
    /// Also decide about grades and limits
    Manager,
    /// Also manage keys and people
    Admin,
}

impl From<Rank> for domain::Rank {
    fn from(rank: Rank) -> Self {
        match rank {
            Rank::Viewer => Self::Viewer,
            Rank::Analyst => Self::Analyst,
            Rank::Manager => Self::Manager,
            Rank::Admin => Self::Admin,
        }
    }
}

/// One line: typed unseen on a terminal, else read from a pipe.
fn password(out: &Out) -> anyhow::Result<String> {
    if io::stdin().is_terminal() {
        out.hint("password:");
        return console::Term::stderr().read_secure_line().context("cannot read the password");
    }
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).context("cannot read the password from standard input")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

pub(super) async fn users(house: &Opened, asked: Users, out: &Out) -> anyhow::Result<Ended> {
    let desk = desk(house);
    match asked {
        Users::Create { name, rank, portfolio } => {
            let made = desk.create_person(&caller(), &name, &password(out)?, rank.into(), &portfolio).await?;
            out.answer(&serde_json::to_value(&made)?, || format!("{} may sign in as {}", made.name, made.rank))?;
        }
        Users::Password { name } => {
            desk.set_password(&caller(), &name, &password(out)?).await?;
            out.answer(&json!({"changed": name}), || format!("{name} has another password"))?;
        }
        Users::List => {
            let people = desk.people(&caller()).await?;
            out.answer(&json!({ "users": people }), || {
                let mut rows = table(&["name", "rank", "portfolios", "created", "revoked"]);
                for p in &people {
                    let revoked = p.revoked_at.map(|at| at.to_string()).unwrap_or_default();
                    let portfolios = if p.portfolios.is_empty() { "all".to_owned() } else { p.portfolios.join(", ") };
                    rows.add_row([&p.name, &p.rank, &portfolios, &p.created_at.to_string(), &revoked]);
                }
                rows.to_string()
            })?;
        }
        Users::Revoke { name } => {
            desk.revoke_person(&caller(), &name).await?;
            out.answer(&json!({"revoked": name}), || format!("{name} is let in no more"))?;
        }
    }
    Ok(Ended::Done)
}
