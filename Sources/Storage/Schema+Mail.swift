/// Migration 9: the mails of flows that were applied before have the time-out and the retries of those that are
/// applied now. Their files are unchanged, so nobody would apply them again.
extension Schema {
    /// No person has edited what a migration changes: the triggers' mark is taken back.
    static let mailLimits = """
        UPDATE flow SET edited_at_ms = -1 WHERE edited_at_ms IS NULL;
        UPDATE flow_task SET timeout_ms = 120000, retry_limit = 8, retry_delay_ms = 60000,
          retry_backoff = 2, retry_max_delay_ms = 3600000,
          retry_on = '{"exit":[69,71,74,75],"interrupted":true,"signal":"any","timeout":true}'
          WHERE role = 'notify';
        UPDATE flow SET edited_at_ms = NULL WHERE edited_at_ms = -1;
        """
}
