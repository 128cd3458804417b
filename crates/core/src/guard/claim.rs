//! The claim of a server by a run, which every other warrant needs.

use super::warrant::{TagResource, Warrant};
use super::{Guard, STALE_SECONDS, refuse};
use crate::catalogue::{fault, reason};
use crate::error::{Error, Result};
use crate::fleet::{LiveServer, Owners};
use crate::procedure::Scope;

/// The longest time after which DRS shows a tag, as far as the fence counts on it (drs-facts §12.14).
pub(super) const SHOWN_SECONDS: u64 = 30;

/// The longest time for which a call is under way before it takes effect: a function's calls time out earlier.
const CALL_SECONDS: u64 = 20;

/// The age from which live state no longer shows that a server has no owner.
pub const CLAIM_STALE_SECONDS: u64 = 10;

/// The time after which no other run claims a server that had no owner: what did not show this claim yet was at most
/// [`SHOWN_SECONDS`] old when it was read, let another run claim for [`CLAIM_STALE_SECONDS`], and its call took
/// [`CALL_SECONDS`].
const NEW_SETTLES_SECONDS: u64 = SHOWN_SECONDS + CLAIM_STALE_SECONDS + CALL_SECONDS;

/// The time after which an earlier owner changes nothing more: likewise, but what it has read is proof for as long as the
/// guard believes any live state.
pub const CLAIM_SETTLES_SECONDS: u64 = SHOWN_SECONDS + STALE_SECONDS + CALL_SECONDS;

/// The permission to claim one object, and the time after which that claim is certain.
#[derive(Debug)]
pub struct ClaimWarrant {
    /// The permission.
    pub warrant: Warrant<TagResource>,
    /// The time, in seconds after the call.
    pub settles_seconds: u64,
}

impl<S: Scope> Guard<'_, S> {
    /// Claims B2 and A2, as far as they exist and do not name this run yet.
    ///
    /// # Errors
    /// `NotReady` when another run owns the server, and has not ended for certain; `Guard` when B2 or A2 is ambiguous;
    /// `Stale` when the state was read too long ago.
    pub fn claim(&self, server: &LiveServer<'_>, owners: &Owners) -> Result<Vec<ClaimWarrant>> {
        self.fresh_for(server.live().read_at, CLAIM_STALE_SECONDS)?;
        let mut warrants = Vec::new();
        let own = self.run.tag_value();
        for claim in server.claims()? {
            let settles_seconds = match claim.owner {
                Some(owner) if owner == own && claim.is_written => continue,
                // A job of this run launched it, and DRS lets no other job do so.
                Some(owner) if owner == own => 0,
                Some(owner) => {
                    self.follows(server, owners, owner)?;
                    CLAIM_SETTLES_SECONDS
                }
                None => NEW_SETTLES_SECONDS,
            };
            let region = claim.on.region(self.run);
            let tags = self.run.claim_tags();
            let warrant = Warrant::issue(TagResource { region, arn: claim.arn.to_owned(), tags });
            warrants.push(ClaimWarrant { warrant, settles_seconds });
        }
        Ok(warrants)
    }

    /// Refuses to take a server over from a run that has not ended for certain.
    fn follows(&self, server: &LiveServer<'_>, owners: &Owners, owner: &str) -> Result<()> {
        match owners.obstacle(self.run, owner) {
            None => Ok(()),
            Some(obstacle) => {
                Err(Error::from(fault::another_run_is_in_the_way(&server.name, obstacle.fact(owner))))
            }
        }
    }

    /// Refuses a server that this run does not own, as the state that was just read shows.
    pub(super) fn owned(&self, server: &LiveServer<'_>) -> Result<()> {
        let claims = server.claims()?;
        if let Some((claim, owner)) = claims.iter().find_map(|claim| Some((claim, claim.other(self.run)?))) {
            return Err(refuse(fault::another_run_claimed_it(&server.name, owner, claim.on)));
        }
        // DRS creates A2 without tags: B2 is the claim until A2 has its own.
        if claims.iter().any(|claim| claim.owner.is_some()) {
            return Ok(());
        }
        let why = if claims.is_empty() { reason::nobody_can_own_it() } else { reason::not_claimed() };
        Err(refuse(fault::not_owned(&server.name, why)))
    }
}
