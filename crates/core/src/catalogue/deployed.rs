//! What the state machines and the stack tell people themselves: the frame of a question at a gate, ends, mails, alarms.
//! No function makes these texts. They stand in `statemachine/` and `template.yaml`, and a test holds both to this list.
//!
//! A place in braces is named after what stands there: the last name of a path, or a resource of the stack.

/// Who tells it, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The subject of a mail with a question.
    Subject,
    /// The frame of a question at a gate or in a hold. What a function says about it stands at `{notice}`.
    Question,
    /// An answer to a question, with its command.
    Answer,
    /// The cause with which an execution ends, or which its report tells with what serves clients and what comes next.
    End,
    /// A mail about the end of an execution.
    Mail,
    /// The description of an alarm.
    Alarm,
    /// What the stack refuses to be deployed with.
    Deployment,
}

/// A text that a state machine or the stack tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deployed {
    /// Who tells it.
    pub kind: Kind,
    /// What has happened, and who serves clients now or what says so.
    pub text: &'static str,
    /// What a person does about it.
    pub next: &'static str,
    /// The command for that.
    pub command: &'static str,
}

impl Deployed {
    /// Returns the whole text, as it stands in its file.
    pub fn whole(&self) -> String {
        let mut whole = self.text.to_owned();
        if !self.next.is_empty() {
            whole += ". ";
            whole += self.next;
        }
        if !self.command.is_empty() {
            // EventBridge's texts have one line.
            whole += if self.kind == Kind::Mail { ": " } else { ":\n" };
            whole += self.command;
        }
        whole
    }
}

macro_rules! or_nothing {
    () => {
        ""
    };
    ($text:expr) => {
        $text
    };
}

/// Makes the list: a kind with its texts, each with what comes next and the command, where it has them.
macro_rules! deployed {
    ($($kind:ident { $($text:literal $(=> $next:literal)? $(=> [$command:expr])?;)+ })+) => {
        /// All texts, in order.
        pub const ENTRIES: &[Deployed] = &[$($(Deployed {
            kind: Kind::$kind,
            text: $text,
            next: or_nothing!($($next)?),
            command: or_nothing!($($command)?),
        }),+),+];
    };
}

/// The command that shows the last lines of a function in the log of the steps.
macro_rules! log_of {
    ($step:literal, $value:literal) => {
        concat!(
            "aws logs tail {StepLogs} --region {region} --since 1h --filter-pattern '{ $.step = \"",
            $step,
            "\" && $.",
            $value,
            " = * }'"
        )
    };
}

/// The command that shows the cause of a machine's last execution that failed.
macro_rules! cause_of {
    ($machine:literal) => {
        concat!(
            "aws stepfunctions describe-execution --region {region} --query cause --output text --execution-arn \"$(aws \
             stepfunctions list-executions --region {region} --state-machine-arn ",
            $machine,
            " --status-filter FAILED --no-paginate --query 'executions[0].executionArn' --output text)\""
        )
    };
}

/// The command that starts an execution of a machine.
macro_rules! start {
    ($machine:literal) => {
        concat!(
            "aws stepfunctions start-execution --region {region} --state-machine-arn ",
            $machine,
            " --input file://plan.json"
        )
    };
}

/// The command that shows the messages in a queue, and leaves them there.
macro_rules! messages_of {
    ($queue:literal) => {
        concat!(
            "aws sqs receive-message --region {region} --queue-url ",
            $queue,
            " --visibility-timeout 0 --message-attribute-names All"
        )
    };
}

/// The command with which a person answers that a task has succeeded, with this output.
macro_rules! success {
    ($output:literal) => {
        concat!(
            "aws stepfunctions send-task-success {--region }--task-output '",
            $output,
            "' --task-token {token}"
        )
    };
}

deployed! {
    Subject {
        "Failback: answer needed";
        "Drill: A4 waits for your tests";
        "Drill: reminder, the hold ends soon";
    }
    Question {
        "Failback {name} ({recovery} to {source}) waits for your answer, {timeoutMinutes} min at most.\n{notice}{warnings}";
        "Drill {name} ({recovery} to {source}) keeps A4 for your tests, for {timeoutMinutes} min.\n{notice}";
        "Drill {name} ({recovery} to {source}) cleans up soon: {minutes} min are left for your tests. The commands of the \
         first message no longer work.\n{notice}";
    }
    Answer {
        "Yes" => [success!(r#"{"approved":true}"#)];
        "No"
            => ["aws stepfunctions send-task-failure {--region }--error Failback.Refused --cause 'your reason' --task-token \
                 {token}"];
        r#"Launch again, all or those in a list such as ["web-1"]"# => [success!(r#"{"launchAgain":"all"}"#)];
        "Abort" => [success!(r#"{"abort":true,"comment":"your reason"}"#)];
    }
    End {
        "the answer was not a yes";
        "{by} aborted it{comment}";
        "this execution has polled 2,000 times, as often as it may, and still waits: {why}";
        "this execution has polled 2,500 times, as often as it may, and still waits: {why}";
        "a function answered with a status that this state machine does not know: {status}"
            => "Deploy functions and state machines together";
        "{step}: {cause}. The report could not be written. The drill changed neither A1, B1 nor a record"
            => "Start the drill again with the same plan: it removes what this one has left";
        "{step}: {cause}. The report could not be written, so this does not say what serves clients: the records of the plan \
         do"
            => "Start the failback again with the same plan: it continues from here, and writes a report. Until then, do not \
                stop, terminate or disconnect any instance or source server of the plan";
        "{told}\nThe report could not be kept in the bucket for evidence"
            => "This execution has it, as the output of Write Report"
            => ["aws stepfunctions get-execution-history {--region }--execution-arn {execution} --output text --query \
                 \"events[?stateExitedEventDetails.name=='Write Report'].stateExitedEventDetails.output\""];
    }
    Mail {
        "{name} succeeded: it has done what its plan asked for"
            => "Its report, which is in s3://{EvidenceBucket} too, says what serves clients and what comes next"
            => ["aws stepfunctions describe-execution --region {region} --execution-arn {execution} --output text --query \
                 output"];
        "{name} failed, or is held: {error}"
            => "Its report, where there is one, is in s3://{EvidenceBucket}. Its cause says what serves clients and which \
                command comes next"
            => ["aws stepfunctions describe-execution --region {region} --execution-arn {execution} --output text --query \
                 cause"];
        "{name} was stopped or timed out ({status}). It leaves everything as it is and has no report: the records of the plan \
         say what serves clients"
            => "If it had stopped writes to B3, docs/freeze.md says when they go on. Do not stop, terminate or disconnect any \
                instance or source server of the plan. Start it again with the same plan: a drill cleans up, a failback \
                continues"
            => [start!("{machine}")];
    }
    Alarm {
        "B3 takes no writes although the lease of its freeze is over: the hook fails, or what serves clients is not known, or, \
         without data, nobody lifts freezes"
            => "Find out what serves. If it is B3, point the records of the plan at it, and mend the hook: the freeze is then \
                lifted within minutes. If it is A4, start the failback again with the same plan. The last line of \
                lift-freezes says more"
            => [log_of!("lift-freezes", "overdue")];
        "Reversed replication (A2) has been stalled, stopped, disconnected or behind for half an hour, or, without data, the \
         watch does not run. Clients are not affected, and the copy of B3 that A2 holds grows old"
            => "The last line of watch-replication names the servers and the remedy"
            => [log_of!("watch-replication", "in_trouble")];
        "A failback waits for an answer at a gate, or, without data, the watch does not run"
            => "The message of the gate says what serves clients, and has the commands that answer it. The last line of \
                watch-runs names the execution"
            => [log_of!("watch-runs", "gate_minutes")];
        "No drill has succeeded for longer than DrillDaysMax. Production is not affected"
            => "See the alarms of drills that failed or were not started, and whether the schedule is enabled. To drill now"
            => [start!("{DrillMachine}")];
        "A drill failed. It changed neither A1, B1 nor a record"
            => "Its cause says what is left of it, and what comes next"
            => [cause_of!("{DrillMachine}")];
        "A failback is held, failed or was aborted"
            => "Its cause says what serves clients, and which command comes next"
            => [cause_of!("{FailbackMachine}")];
        "A drill timed out before its end, and does not clean up. It changed neither A1, B1 nor a record"
            => "Start the drill again with the same plan, and it cleans up"
            => [start!("{DrillMachine}")];
        "A drill was stopped before its end, and does not clean up. It changed neither A1, B1 nor a record"
            => "Start the drill again with the same plan, and it cleans up"
            => [start!("{DrillMachine}")];
        "A failback timed out before its end, and leaves everything as it is. The records of the plan say what serves clients"
            => "If it had stopped writes to B3, docs/freeze.md says when they go on. Do not stop, terminate or disconnect any \
                instance or source server of the plan. Start the failback again with the same plan, and it continues"
            => [start!("{FailbackMachine}")];
        "A failback was stopped before its end, and leaves everything as it is. The records of the plan say what serves \
         clients"
            => "If it had stopped writes to B3, docs/freeze.md says when they go on. Do not stop, terminate or disconnect any \
                instance or source server of the plan. Start the failback again with the same plan, and it continues"
            => [start!("{FailbackMachine}")];
        "EventBridge could not tell of the end of a run. The run itself is not affected"
            => "The message in the dead-letter queue says which, and why; the alarm ends once it is deleted"
            => [messages_of!("{UndeliveredEnds}")];
        "The schedule could not start a drill. Production is not affected"
            => "The message in the dead-letter queue says why; the alarm ends once it is deleted"
            => [messages_of!("{DrillScheduleDeadLetters}")];
        "The API answered with an error of its own. Runs go on without it, and the message of a gate has the commands that \
         answer it"
            => "The log of the API says why"
            => ["aws logs tail {ApiLogs} --region {region} --since 1h"];
    }
    Deployment {
        "SourceRegion and RecoveryRegion are one Region" => "Name two";
        "The roles of other accounts ask for an external id" => "Give ExternalId";
        "The watch reads A2 in the stack's own account only" => "Leave WatchState at DISABLED";
        "Freezes are lifted in the stack's own account only" => "Leave FreezeHookArn empty";
    }
}
