//! Warrants about a freeze by the hook: of the run that freezes B3, and of the second party that lifts a freeze.
//!
//! Both look at the lease on B2 (`fleet/lease.rs`), which DRS may show as it was half a minute ago. So each waits until what
//! the other did on older state is over.

use super::claim::{CLAIM_SETTLES_SECONDS, SHOWN_SECONDS};
use super::warrant::{CallHook, TagResource, Warrant};
use super::{Guard, STALE_SECONDS, refuse};
use crate::catalogue::{fault, reason};
use crate::cloud::{
    Clock, ExecutionState, HookAction, HookAnswer, HookRequest, HookServer, RecoveryInstance,
};
use crate::error::{Error, Result};
use crate::fleet::{Lease, LiveServer, LiveState, Serving, serving, targets};
use crate::procedure::{Failback, Scope};
use crate::run::Run;
use crate::timestamp::Timestamp;

/// The last part of a lease, in seconds, which belongs to the second party: a run freezes, launches and redirects before it.
/// It is called every minute, marks the freeze, waits, and lifts it.
pub const LIFT_SECONDS: u64 = 600;

/// The time from the mark to the lift: until the mark is shown, and whoever has not seen it acts no more.
const MARK_SETTLES_SECONDS: u64 = SHOWN_SECONDS + CLAIM_SETTLES_SECONDS;

/// The time from a lift to another freeze: until every call of the second party that has not seen it is over.
const LIFT_SETTLES_SECONDS: u64 = CLAIM_SETTLES_SECONDS;

impl<S: Scope> Guard<'_, S> {
    /// Refuses once the lease of a freeze by the hook is over, or is about to be, or is not this run's. Without such a freeze,
    /// there is none.
    ///
    /// # Errors
    /// `Guard` when B3 may take writes before traffic can move.
    pub fn lease_holds(&self, server: &LiveServer<'_>) -> Result<()> {
        if !self.run.freezes_by_hook() {
            return Ok(());
        }
        match server.lease(self.run)? {
            Some((Lease::Until(until), true)) if self.is_usable(until) => Ok(()),
            _ => Err(refuse(fault::freeze_is_over(&server.name))),
        }
    }

    fn is_usable(&self, until: Timestamp) -> bool {
        self.clock.now().plus_seconds(LIFT_SECONDS) < until
    }
}

impl Guard<'_, Failback> {
    /// Takes the lease of a server, before its B3 is frozen. `None` when DRS shows it already. A freeze of another execution
    /// is lifted first, unless a record has moved: nobody lifts it then.
    ///
    /// # Errors
    /// `NotReady` while an earlier freeze is being lifted; `Guard` when the lease would be over, or B2 does not live.
    pub fn take_lease(
        &self,
        server: &LiveServer<'_>,
        until: Timestamp,
    ) -> Result<Option<Warrant<TagResource>>> {
        self.may_change(server)?;
        let Some(b2) = server.b2()? else {
            return Err(refuse(fault::b2_does_not_live(&server.name)));
        };
        if !self.is_usable(until) {
            return Err(refuse(fault::freeze_is_over(&server.name)));
        }
        match server.lease(self.run)? {
            Some((Lease::Until(shown), true)) if shown == until => return Ok(None),
            Some((Lease::Until(_), false) | (Lease::Lifting(_), _))
                if !server.live().has_record_at_a4()? =>
            {
                return Err(Error::from(fault::freeze_is_being_lifted(&server.name)));
            }
            Some((Lease::Lifted(at), _)) if self.clock.now() < at.plus_seconds(LIFT_SETTLES_SECONDS) => {
                return Err(Error::from(fault::freeze_is_being_lifted(&server.name)));
            }
            _ => {}
        }
        let tags = Lease::taken_by(self.run, until);
        Ok(Some(Warrant::issue(TagResource { region: self.run.recovery(), arn: b2.arn.clone(), tags })))
    }

    /// Has the hook freeze B3 of these servers, once DRS shows the lease of each.
    ///
    /// # Errors
    /// `NotReady` while a lease is not shown; `Guard` when this run does not own a server, or the lease is over.
    pub fn freeze(&self, servers: &[LiveServer<'_>], until: Timestamp) -> Result<Warrant<CallHook>> {
        for server in servers {
            self.may_change(server)?;
            if server.lease(self.run)? != Some((Lease::Until(until), true)) {
                return Err(Error::from(fault::lease_is_not_shown(&server.name)));
            }
            self.lease_holds(server)?;
        }
        call(HookAction::Freeze, self.run, until, servers.iter().filter_map(frozen))
    }

    /// Has the hook say whether A4 of each server holds all that its B3 has accepted, before traffic moves. `None` where the
    /// hook freezes nothing, or all traffic has moved.
    ///
    /// # Errors
    /// `Guard` when a lease is over, or this run does not own a server.
    pub fn verify(&self, live: &LiveState, servers: &[LiveServer<'_>]) -> Result<Option<Warrant<CallHook>>> {
        if !self.run.freezes_by_hook() || !moves_traffic(self.run, servers)? {
            return Ok(None);
        }
        self.fresh(live.read_at)?;
        let mut until = None;
        for server in servers {
            self.owned(server)?;
            until = match server.lease(self.run)? {
                Some((Lease::Until(at), true)) => Some(at),
                _ => until,
            };
        }
        self.freeze_lasts(live, servers)?;
        let until = until.unwrap_or(live.read_at);
        let with_a4 = |server: &LiveServer<'_>| Some(HookServer { a4: server.a4(), ..frozen(server)? });
        call(HookAction::Verify, self.run, until, servers.iter().filter_map(with_a4)).map(Some)
    }

    /// Refuses to move traffic once B3 may take writes again. After the first record has moved, nobody lifts the freeze any
    /// more.
    pub(super) fn freeze_lasts(&self, live: &LiveState, servers: &[LiveServer<'_>]) -> Result<()> {
        let has_moved = live.has_record_at_a4()?;
        for server in servers.iter().filter(|_| self.run.freezes_by_hook()) {
            match server.lease(self.run)? {
                Some((Lease::Until(_) | Lease::Lifting(_), true)) if has_moved => {}
                _ => self.lease_holds(server)?,
            }
        }
        Ok(())
    }

    /// Refuses to move traffic unless the hook has just said that nothing is missing on A4.
    pub(super) fn is_verified(&self, answer: Option<&HookAnswer>) -> Result<()> {
        if !self.run.freezes_by_hook() {
            return Ok(());
        }
        match answer {
            Some(HookAnswer::Done) => Ok(()),
            Some(HookAnswer::Missing(why)) => Err(refuse(fault::data_is_missing(why))),
            Some(HookAnswer::Waiting(why)) => Err(Error::from(fault::data_is_being_verified(why))),
            None => Err(Error::from(fault::data_is_being_verified(reason::hook_was_not_asked()))),
        }
    }
}

/// Returns true when a record does not point at its A4 yet.
fn moves_traffic(run: &Run, servers: &[LiveServer<'_>]) -> Result<bool> {
    for target in targets(run, servers) {
        if !target.points_at_a4()? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn call(
    action: HookAction,
    run: &Run,
    until: Timestamp,
    servers: impl Iterator<Item = HookServer>,
) -> Result<Warrant<CallHook>> {
    let function = run.hook.clone().ok_or_else(|| Error::from(fault::stack_has_no_hook()))?;
    let request = HookRequest { action, until, execution: run.id.clone(), servers: servers.collect() };
    Ok(Warrant::issue(CallHook { function, request }))
}

/// Returns a server with a B3, as the hook gets to know it.
fn frozen(server: &LiveServer<'_>) -> Option<HookServer> {
    let b3 = server.b3()?;
    Some(HookServer { name: server.name.clone(), b1: server.b1.clone(), b3, a4: None })
}

/// What becomes of a freeze that is marked.
#[derive(Debug)]
pub enum Lift {
    /// The hook lifts it.
    Call(Warrant<CallHook>),
    /// Whoever has not seen the mark may still act.
    TooEarly,
    /// Clients use A4: B3 stays frozen.
    Moved,
}

/// The second party, which is no run: it lifts freezes whose lease is over, or whose execution has ended.
pub struct SecondParty<'a> {
    clock: &'a dyn Clock,
}

impl<'a> SecondParty<'a> {
    /// Returns the second party.
    pub fn new(clock: &'a dyn Clock) -> Self {
        Self { clock }
    }

    /// Marks a freeze that is to be lifted. `None` while its execution may still redirect traffic under it, or once it is
    /// marked.
    ///
    /// # Errors
    /// `Stale` when B2 was read too long ago.
    pub fn mark(
        &self,
        b2: &RecoveryInstance,
        run: &Run,
        owner: ExecutionState,
        read_at: Timestamp,
    ) -> Result<Option<Warrant<TagResource>>> {
        self.fresh(read_at)?;
        let now = self.clock.now();
        let Some(Lease::Until(until)) = Lease::of(b2) else { return Ok(None) };
        if owner == ExecutionState::Runs && now.plus_seconds(LIFT_SECONDS) < until {
            return Ok(None);
        }
        Ok(Some(tag(b2, run, Lease::Lifting(now))))
    }

    /// Has the hook let writes to B3 go on, of those of these servers that the run has frozen: unless traffic of any of them has
    /// moved, or a mark is too young to act upon.
    ///
    /// # Errors
    /// `Guard` when the records do not show what serves; `Stale` when the servers were read too long ago.
    pub fn lift(&self, run: &Run, servers: &[LiveServer<'_>]) -> Result<Lift> {
        let mut oldest = self.clock.now();
        let mut frozen_ones = Vec::new();
        for server in servers {
            let read_at = server.live().read_at;
            self.fresh(read_at)?;
            match server.lease(run)? {
                Some((Lease::Lifting(since), true))
                    if since.plus_seconds(MARK_SETTLES_SECONDS) <= read_at =>
                {
                    oldest = oldest.min(since);
                    frozen_ones.push(server);
                }
                Some((Lease::Lifting(_) | Lease::Until(_), true)) => return Ok(Lift::TooEarly),
                _ => {}
            }
        }
        if has_moved(run, servers)? {
            return Ok(Lift::Moved);
        }
        call(HookAction::Lift, run, oldest, frozen_ones.into_iter().filter_map(frozen)).map(Lift::Call)
    }

    /// Notes that the hook has lifted the freeze of a B3.
    ///
    /// # Errors
    /// `NotReady` when it has not.
    pub fn lifted(
        &self,
        b2: &RecoveryInstance,
        run: &Run,
        answer: &HookAnswer,
    ) -> Result<Warrant<TagResource>> {
        if *answer == HookAnswer::Done {
            return Ok(tag(b2, run, Lease::Lifted(self.clock.now())));
        }
        Err(Error::from(fault::freeze_is_being_lifted(&b2.id)))
    }

    fn fresh(&self, read_at: Timestamp) -> Result<()> {
        if self.clock.now().seconds_since(read_at) > STALE_SECONDS {
            return Err(Error::from(fault::read_too_long_ago()));
        }
        Ok(())
    }
}

fn tag(b2: &RecoveryInstance, run: &Run, lease: Lease) -> Warrant<TagResource> {
    Warrant::issue(TagResource { region: run.recovery(), arn: b2.arn.clone(), tags: lease.tags() })
}

/// Returns true when the clients of a server use its A4, so that two copies of it would take writes. Refuses unless the
/// records show that those of the others use B3.
fn has_moved(run: &Run, servers: &[LiveServer<'_>]) -> Result<bool> {
    let records = run.plan.redirect.records();
    let (mut is_shown, mut unknown) = (false, None);
    for server in servers {
        let has_record = records.iter().any(|record| server.is_called(&record.server));
        match serving(run, server)? {
            Serving::A4 => return Ok(true),
            Serving::B3 => is_shown = true,
            // Clients of a server without a record of its own follow the others.
            Serving::Unknown if !has_record => {}
            Serving::A1 | Serving::Unknown => unknown = unknown.or(Some(server.name.as_str())),
        }
    }
    match unknown {
        None if is_shown => Ok(false),
        unknown => Err(refuse(fault::traffic_may_have_moved(unknown.unwrap_or("every server")))),
    }
}
