"""What other bridges to Azure DevOps get wrong and what their users complain of, and the tests that say we do not.

3.n are failures found in their source, 5.n complaints of their users. A test is named by its file and function;
`excused` says why there is none.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Peer:
    """One failure or complaint, and what answers it."""

    words: str
    tests: tuple[str, ...] = ()
    excused: str = ""


_F, _U = "functional", "unit"
PEERS: dict[str, Peer] = {
    "3.1": Peer("A ticket in progress is never closed.", (f"{_U}/test_plan.py::test_the_state_is_chosen_by_category",)),
    "3.2": Peer(
        "Every scan sets the state again, so that Doing jumps back to To Do.",
        (f"{_F}/test_peers.py::test_a_card_in_progress_stays_there_whatever_is_scanned",),
    ),
    "3.3": Peer(
        "A refused closing is swallowed and counted as closed.",
        (f"{_F}/test_peers.py::test_a_refused_closing_is_not_counted_as_closed",),
    ),
    "3.4": Peer(
        "A refused or throttled creation is a line in the log.",
        (
            f"{_F}/test_failures.py::test_throttling_pauses_the_connection_and_fails_nothing",
            f"{_F}/test_failures.py::test_a_missing_required_field_is_told_and_can_be_retried",
        ),
    ),
    "3.5": Peer(
        "The key is the title: a renamed card is made again, and is not closed.",
        (f"{_F}/test_peers.py::test_a_renamed_card_is_the_same_card",),
    ),
    "3.6": Peer(
        "An apostrophe breaks the query.",
        (
            f"{_F}/test_peers.py::test_an_apostrophe_in_a_name_breaks_no_query",
            f"{_F}/test_hostile_text.py::test_hostile_text_is_shown_harmlessly",
        ),
    ),
    "3.7": Peer(
        "An API version of years ago.", (f"{_F}/test_contract_product.py::test_what_the_product_asks_and_is_answered",)
    ),
    "3.8": Peer(
        "The token goes to whoever answers: certificates are not verified.",
        (f"{_F}/test_proxy_and_trust.py::test_who_is_not_trusted_is_told_nothing_and_the_reader_what_to_do",),
    ),
    "3.9": Peer(
        "The number of vulnerabilities is in the title by which the item is found: another number, another item.",
        (f"{_F}/test_peers.py::test_a_group_that_grows_keeps_its_card",),
    ),
    "3.10": Peer(
        "The user's item is deleted when its type differs.",
        (f"{_F}/test_life.py::test_a_card_that_is_of_another_type_now_is_kept_up_to_date",),
    ),
    "3.11": Peer(
        "Every run reads all items of the project.", (f"{_F}/test_reconcile.py::test_what_was_read_is_not_read_again",)
    ),
    "3.12": Peer(
        "A crash between creating and storing makes the item twice.",
        (
            f"{_F}/test_failures.py::test_an_answer_that_is_lost_is_looked_for_and_adopted",
            f"{_F}/test_killed.py::test_a_host_killed_while_it_creates",
        ),
    ),
    "3.13": Peer(
        "An event of an unlinked item ends in the generic handler.",
        (f"{_F}/test_bad_input.py::test_an_event_of_somebody_elses_work_item_changes_nothing",),
    ),
    "3.14": Peer(
        "A wrong secret is answered with 200, compared in variable time, and stands in the URL.",
        (
            f"{_F}/test_bad_input.py::test_only_the_connections_own_password_lets_an_event_in",
            f"{_U}/test_hook_password.py::test_anything_else_is_not",
        ),
    ),
    "3.15": Peer(
        "Whatever a card was closed for means mitigated.",
        (f"{_F}/test_peers.py::test_a_closed_card_proves_no_fix",),
    ),
    "3.16": Peer(
        "A deleted work item is not noticed.",
        (f"{_F}/test_reconcile.py::test_a_deletion_and_a_restoring_that_no_hook_told",),
    ),
    "3.17": Peer("A payload that lacks a key breaks it.", (f"{_U}/test_hook_events.py::test_no_payload_breaks_it",)),
    "3.18": Peer(
        "States are asked for of Bug, Issue and Task, not of the item's own type.",
        (f"{_F}/test_life.py::test_the_whole_life",),
    ),
    "3.19": Peer(
        "A second organisation overwrites the subscription.",
        (f"{_F}/test_doctor.py::test_nobody_elses_subscription_is_touched",),
    ),
    "3.20": Peer(
        "Without an Authorization header an event is accepted.",
        (f"{_F}/test_bad_input.py::test_without_the_password_nothing_is_even_read",),
    ),
    "3.21": Peer(
        "Whose an event is, is known in memory only.",
        (f"{_F}/test_hook_intake.py::test_an_event_costs_one_queue_write_and_nothing_else",),
    ),
    "3.22": Peer(
        "Subscriptions multiply, for three causes.",
        (
            f"{_F}/test_doctor.py::test_a_listing_that_fails_changes_nothing_and_alarms_nobody",
            f"{_F}/test_doctor.py::test_a_lost_answer_to_a_creation_makes_no_second_one",
            f"{_U}/test_hook_diagnosis.py::test_what_only_looks_different_is_left_alone",
        ),
    ),
    "5.1": Peer(
        "A ticket is made for what is no open finding.",
        (f"{_U}/test_plan.py::test_what_is_not_open_is_not_created",),
    ),
    "5.2": Peer(
        "The assignee is refused, and the ticket is made again at every import.",
        (f"{_F}/test_item_content.py::test_a_person_who_left_stops_no_ticket",),
    ),
    "5.3": Peer("Two tickets of one finding.", (f"{_U}/test_plan_life.py::runTest",)),
    "5.4": Peer("Two places create at the same time.", (f"{_F}/test_leases.py::test_one_of_many_gets_it",)),
    "5.5": Peer(
        "One item for each product that has it.",
        (f"{_F}/test_grouping_life.py::test_an_import_of_one_component_is_one_ticket",),
    ),
    "5.6": Peer(
        "A closed item counts as the existing one, or is not found.",
        (f"{_F}/test_life.py::test_what_returns_gets_a_card_of_its_own",),
    ),
    "5.7": Peer(
        "Disabled, for its owner lost permissions.",
        (f"{_F}/test_doctor.py::test_a_killed_subscription_is_back_once_with_what_was_missed",),
    ),
    "5.8": Peer(
        "Restricted after one failure, and never tried again.",
        (
            f"{_F}/test_doctor.py::test_a_killed_subscription_is_back_once_with_what_was_missed",
            f"{_F}/test_bad_input.py::test_a_delivery_that_azure_devops_never_makes_costs_no_probation",
        ),
    ),
    "5.9": Peer(
        "The hook is not fired for some items.",
        (f"{_F}/test_reconcile.py::test_a_change_that_no_hook_told_is_taken_in",),
    ),
    "5.10": Peer(
        "What happened while we were down is lost.", (f"{_F}/test_reconcile.py::test_the_same_state_as_with_hooks",)
    ),
    "5.11": Peer(
        "Nobody is told that a hook fails.",
        (f"{_F}/test_doctor.py::test_a_killed_subscription_is_back_once_with_what_was_missed",),
    ),
    "5.12": Peer(
        "The receiver is too slow.",
        (f"{_F}/test_hook_intake.py::test_an_event_costs_one_queue_write_and_nothing_else",),
    ),
    "5.13": Peer(
        "Nobody is told that no event comes.",
        (f"{_F}/test_doctor.py::test_silence_while_people_change_things_is_told_once",),
    ),
    "5.14": Peer(
        "Updating a disabled subscription does nothing.",
        (f"{_F}/test_doctor.py::test_a_killed_subscription_is_back_once_with_what_was_missed",),
    ),
    "5.15": Peer(
        "The wrong id of a subscription is kept.",
        (f"{_F}/test_doctor.py::test_removing_takes_those_of_one_project",),
    ),
    "5.16": Peer(
        "Subscriptions without bound after a failed listing.",
        (f"{_F}/test_failures.py::test_a_listing_that_fails_subscribes_nothing",),
    ),
    "5.17": Peer(
        "The list of all subscriptions is 12 MB.",
        (f"{_F}/test_peers.py::test_only_subscriptions_of_web_hooks_are_listed",),
    ),
    "5.18": Peer(
        "One team's save deletes another's hooks.",
        (f"{_F}/test_departures.py::test_another_link_keeps_the_subscriptions",),
    ),
    "5.19": Peer(
        "Events out of order and twice.",
        (f"{_F}/test_failures.py::test_events_out_of_order_and_twice_end_in_the_newest_state",),
    ),
    "5.20": Peer(
        "A failed look-up of states reopens tickets in bulk.",
        (f"{_F}/test_peers.py::test_states_that_cannot_be_asked_for_reopen_and_close_nothing",),
    ),
    "5.21": Peer(
        "Our own change comes back and mitigates the finding.",
        (f"{_F}/test_failures.py::test_our_own_change_coming_back_says_nothing_new",),
    ),
    "5.22": Peer(
        "The resolution decides instead of the status category.",
        (f"{_U}/test_plan.py::test_the_state_is_chosen_by_category",),
    ),
    "5.23": Peer(
        "A ticket reopens by itself.",
        (f"{_U}/test_plan.py::test_a_card_that_a_person_closed_is_not_reopened_while_the_platform_says_the_same",),
    ),
    "5.24": Peer(
        "Won't fix becomes mitigated; a false positive is not told apart.",
        (f"{_U}/test_plan.py::test_why_it_is_closed_is_said_with_it",),
    ),
    "5.25": Peer("The state New is not supported.", (f"{_F}/test_life.py::test_the_whole_life",)),
    "5.26": Peer(
        "Two hooks feed each other; items in the recycle bin are synced.",
        (
            f"{_F}/test_failures.py::test_our_own_change_coming_back_says_nothing_new",
            f"{_U}/test_plan.py::test_a_deleted_item_is_left_alone",
        ),
    ),
    "5.27": Peer(
        "Every edit of a bug makes another one.", (f"{_F}/test_peers.py::test_a_renamed_card_is_the_same_card",)
    ),
    "5.28": Peer(
        "Required fields stop creation (TF401320).",
        (f"{_F}/test_failures.py::test_a_missing_required_field_is_told_and_can_be_retried",),
    ),
    "5.29": Peer("Even where they are set.", (f"{_F}/test_life.py::test_the_whole_life",)),
    "5.30": Peer(
        "The search for an item to link finds nothing.",
        (f"{_F}/test_work_item_by_hand.py::test_by_words_by_number_and_what_was_changed_last",),
    ),
    "5.31": Peer("An error when the form is opened.", (f"{_F}/test_links.py::test_projects_types_and_area_paths",)),
    "5.32": Peer(
        "The ticket lacks what is affected.",
        (f"{_U}/test_content.py::test_a_description_says_what_where_why_and_how",),
    ),
    "5.33": Peer(
        "Somebody leaves, and things stop working without a word.",
        (f"{_F}/test_credentials.py::test_who_leaves_the_organisation_loses_no_ticket",),
    ),
    "5.34": Peer(
        "The token has expired.",
        (f"{_F}/test_credentials.py::test_a_token_that_expires_makes_tickets_wait_until_there_is_another",),
    ),
    "5.35": Peer(
        "A token ends although nobody changed it.",
        (f"{_F}/test_failures.py::test_a_revoked_token_makes_tickets_wait_and_a_new_one_lets_them_go_on",),
    ),
    "5.36": Peer(
        "Tokens cannot be renewed by a service principal: a sign-in page comes.",
        (f"{_F}/test_areas_tokens.py::test_a_sign_in_page_says_it_too",),
    ),
    "5.37": Peer(
        "A token couples the app to a person.",
        (f"{_F}/test_credentials.py::test_a_work_item_is_created_and_again_after_the_token_has_ended",),
    ),
    "5.38": Peer(
        "Stuck at: needs admin approval.", (f"{_F}/test_tenants.py::test_without_consent_the_way_to_it_is_told",)
    ),
    "5.39": Peer(
        "Throttling is seen as a cascade of refused credentials.",
        (f"{_F}/test_failures.py::test_throttling_pauses_the_connection_and_fails_nothing",),
    ),
    "5.40": Peer(
        "Parallel calls eat the budget of all.",
        (f"{_F}/test_failures.py::test_other_connections_do_not_wait_for_a_throttled_one",),
    ),
    "5.41": Peer(
        "Contains in queries burns the budget.",
        (f"{_F}/test_peers.py::test_no_query_is_made_where_nothing_is_unknown",),
    ),
    "5.42": Peer(
        "No rate handling.", (f"{_F}/test_failures.py::test_throttling_pauses_the_connection_and_fails_nothing",)
    ),
    "5.43": Peer("More than 200 ids at once.", (f"{_F}/test_reconcile.py::test_many_are_read_in_two_hundreds",)),
    "5.44": Peer(
        "Attachments that are too large or too many.",
        (
            f"{_U}/test_item_content_parts.py::test_too_much_is_left_out_visibly_and_the_snapshot_taken",
            f"{_F}/test_item_content.py::test_a_refused_upload_stops_no_ticket",
        ),
    ),
    "5.45": Peer("Markdown is shown raw.", (f"{_F}/test_item_content.py::test_markdown_is_sent_as_such_and_shown",)),
    "5.46": Peer("Line breaks are lost.", (f"{_F}/test_peers.py::test_line_breaks_reach_the_card",)),
    "5.47": Peer(
        "An item that is there no more ends in a crash.",
        (f"{_F}/test_failures.py::test_an_item_that_cannot_be_found_fails_no_neighbour",),
    ),
    "5.48": Peer(
        "Items stay in the recycle bin.",
        excused="We never destroy: a recycle bin that people can restore from is what it is for.",
    ),
    "5.49": Peer(
        "The project cannot be determined; the organisation is twice in the URL.",
        (f"{_U}/test_connection_models.py::test_both_forms_of_its_address",),
    ),
    "5.50": Peer(
        "Projects mapped, status both ways, rules of severity, several ways to sign in, grouping.",
        (
            f"{_F}/test_life.py::test_the_whole_life",
            f"{_F}/test_grouping_life.py::test_has_one_work_item_for_as_long_as_one_member_is_open",
        ),
    ),
}
