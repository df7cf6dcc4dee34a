//! What is not on a client's path gives way to what is.

/// Of 99; a niceness of 5. A third of the share of an ordinary thread: enough to keep up on a machine that
/// compiles meanwhile.
#[cfg(target_os = "linux")]
const SHARE: u8 = 35;

/// Gives this thread, and those that it starts, less of a busy processor than the clients' threads have, and
/// never more than an ordinary thread, whatever the process was started with: what it does can wait in the
/// journal. `SCHED_BATCH` (sched(7)): being woken, it interrupts nobody. Linux keeps all this for each thread;
/// elsewhere it would be the whole process, and nothing is done.
pub(super) fn give_way() {
    #[cfg(target_os = "linux")]
    {
        use thread_priority::{
            NormalThreadSchedulePolicy, ThreadPriority, ThreadPriorityValue, ThreadSchedulePolicy,
            set_thread_priority_and_policy, thread_native_id,
        };
        let policy = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Batch);
        let given = ThreadPriorityValue::try_from(SHARE)
            .map(ThreadPriority::Crossplatform)
            .map(|share| set_thread_priority_and_policy(thread_native_id(), share, policy));
        if !matches!(given, Ok(Ok(()))) {
            tracing::debug!(?given, "the recorder runs at the proxy's priority");
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    /// This thread's niceness and policy: fields 19 and 41 of proc_pid_stat(5); the third follows the name.
    fn priority() -> (String, String) {
        let stat = std::fs::read_to_string("/proc/thread-self/stat").expect("Linux has it");
        let (_, fields) = stat.rsplit_once(") ").expect("a name in brackets");
        let field = |number: usize| fields.split(' ').nth(number - 3).unwrap_or_default().to_owned();
        (field(19), field(41))
    }

    #[test]
    fn a_thread_that_gives_way_is_less_urgent_than_those_beside_it_and_so_are_its_own() {
        let before = priority();
        let batch = "3".to_owned();
        std::thread::spawn(move || {
            super::give_way();
            let of_own = std::thread::spawn(priority).join().expect("it ends");
            assert_eq!(of_own, ("5".to_owned(), batch));
        })
        .join()
        .expect("it ends");
        assert_eq!(priority(), before);
    }
}
