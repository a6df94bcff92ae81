//! What the house promises, each promise tested at the dose of [`doses`]: a name that begins with `g15` is the proof of
//! promise 15. Most of them speak to the real program, as an operator or a balancer does.

mod a_group_follows_the_changes;
mod doses;
mod g02_a_rating_and_its_event_are_one;
mod g04_redis_loses_nothing;
mod g05_every_client_in_order;
mod g06_the_stream_is_right_under_any_schedule;
mod g07_the_work_of_the_dead_is_taken_over;
mod g08_trimming_drops_nothing_unread;
mod g09_no_webhook_is_left_in_limbo;
mod g12_one_alert_per_episode;
mod g14_a_request_sent_again_has_one_effect;
mod g15_same_inputs_same_bytes;
mod g16_a_fleet_holds_one_night;
mod g16_a_killed_night_is_gone_on_with;
mod g17_missing_data_is_no_good_news;
mod g18_collectors_are_polite;
mod g19_no_answer_stalls_a_reader;
mod g19_no_file_stalls_an_import;
mod g20_readers_do_not_panic;
mod g21_imports_account_for_every_row;
mod g21_workbooks_say_what_tables_say;
mod g22_exports_cannot_execute;
mod g23_no_source_leads_inside;
mod g23_no_webhook_leads_inside;
mod g29_a_person_can_be_erased;
mod g30_secrets_of_alerts_do_not_leak;
mod g31_sigterm_is_clean;
mod ledgers;
pub(crate) mod program;
mod two_processes_share_a_store;
