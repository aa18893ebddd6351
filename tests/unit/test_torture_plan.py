"""What a torture run does comes from its seed alone."""

from itertools import islice

import pytest

from local.simulators.azure_devops.faults import read
from local.torture.faults import LATE_CREATE, Durations, faults
from local.torture.options import Options
from local.torture.plan import CONNECTIONS, Channel, Deed, Plan, chance, make_plan
from local.torture.versions import Dating, Vulnerability, first, following, snapshot

COUNT = 400


@pytest.fixture(scope="module")
def plan() -> Plan:
    return make_plan(7, COUNT)


class TestPlan:
    def test_same_seed_same_plan(self, plan: Plan) -> None:
        again = make_plan(7, COUNT)

        assert again == plan
        assert list(islice(again.further(), 20)) == list(islice(make_plan(7, COUNT).further(), 20))

    def test_another_seed_another_plan(self, plan: Plan) -> None:
        assert make_plan(8, COUNT).sends != plan.sends

    def test_every_version_of_every_vulnerability_is_sent(self, plan: Plan) -> None:
        sent = {(send.vulnerability, send.version) for send in plan.sends}

        assert sent == {(index, version.number) for index, versions in enumerate(plan.versions) for version in versions}

    def test_everything_that_can_be_done_is_done(self, plan: Plan) -> None:
        assert {send.channel for send in plan.sends} == set(Channel)
        assert {act.deed for act in plan.acts} == set(Deed)
        assert {vulnerability.dating for vulnerability in plan.vulnerabilities} == set(Dating)
        assert {vulnerability.connection for vulnerability in plan.vulnerabilities} == set(CONNECTIONS)
        assert len({(asset.project, asset.work_item_type) for asset in plan.assets}) == 4
        statuses = {version.status for versions in plan.versions for version in versions}
        assert statuses == {"open", "fixed", "false_positive", "risk_accepted"}

    def test_some_come_out_of_order_and_some_twice(self, plan: Plan) -> None:
        seen: dict[int, list[int]] = {}
        for send in plan.sends:
            seen.setdefault(send.vulnerability, []).append(send.version)

        assert any(versions != sorted(versions) for versions in seen.values())
        assert any(len(versions) != len(set(versions)) for versions in seen.values())

    def test_where_arrival_is_the_order_nothing_old_is_sent_again(self, plan: Plan) -> None:
        for index, vulnerability in enumerate(plan.vulnerabilities):
            if vulnerability.dating is Dating.ARRIVAL:
                mine = [send for send in plan.sends if send.vulnerability == index]
                assert [send.version for send in mine] == sorted(send.version for send in mine)
                assert {send.channel for send in mine} == {Channel.POST}

    def test_beyond_the_plan_each_change_is_a_new_version(self) -> None:
        plan = make_plan(1, 3)
        before = sum(map(len, plan.versions))

        further = list(islice(plan.further(), 50))

        assert sum(map(len, plan.versions)) == before + 50
        assert all(plan.versions[send.vulnerability][send.version - 1].number == send.version for send in further)


class TestVersions:
    def test_the_next_version_says_something_else(self) -> None:
        dice = chance(1, "test")
        version = first("v", dice)
        for _ in range(50):
            after = following("v", version, dice)
            assert after.number == version.number + 1
            said = [(v.title, v.description, v.severity, v.status) for v in (version, after)]
            assert said[0] != said[1]
            version = after

    @pytest.mark.parametrize(
        ("dating", "has"), [(Dating.SEQUENCE, "sequence"), (Dating.OBSERVED, "observed_at"), (Dating.ARRIVAL, None)]
    )
    def test_a_snapshot_is_dated_in_one_way(self, dating: Dating, has: str | None) -> None:
        vulnerability = Vulnerability("v", "alpha", "alpha-0", dating)
        dice = chance(1, "test")
        version = first("v", dice)

        said = snapshot(vulnerability, version)["vulnerability"]
        later = snapshot(vulnerability, following("v", version, dice))["vulnerability"]

        assert {"sequence", "observed_at"} & said.keys() == ({has} if has else set())
        assert has is None or said[has] < later[has]


def test_every_fault_is_one_that_the_simulator_knows_and_late_creates_are_among_them() -> None:
    coming = list(islice(faults(chance(3, "faults"), Durations(2000, 6.0)), 400))

    assert {read(fault).label for fault in coming} >= {LATE_CREATE, "drop_after", "latency", "sign_in_page"}
    late = [float(fault["fault"].partition(":")[2]) for fault in coming if fault["label"] == LATE_CREATE]
    assert any(seconds > 9 for seconds in late)
    assert any(seconds < 5 for seconds in late)


def test_a_late_create_is_one_in_a_batch_too() -> None:
    fault = next(f for f in faults(chance(3, "faults"), Durations(2000, 6.0)) if f["label"] == LATE_CREATE)
    known = read(fault)
    organisation = next(name for name in CONNECTIONS if known.path.search(f"/{name}/p/_apis/wit/workitems/$Bug"))
    create = b'[{"uri": "/p/_apis/wit/workitems/$Bug?api-version=7.1"}]'
    change = b'[{"uri": "/_apis/wit/workitems/7?api-version=7.1"}]'

    assert known.matches("PATCH", f"/{organisation}/_apis/wit/$batch", create)
    assert not known.matches("PATCH", f"/{organisation}/_apis/wit/$batch", change)


def test_minima_follow_the_duration() -> None:
    options = Options.read(["--seed", "7", "--duration", "600"])

    assert (options.seed, options.tickets, options.kills, options.faults, options.late) == (7, 7200, 100, 1200, 30)
    assert Options.read(["--kills", "0"]).kills == 0
