"""NCRONTAB: when a timer is due, in UTC.

`{second} {minute} {hour} {day} {month} {day of week}`; a day must satisfy both day fields (unlike Unix cron).
With five fields the second is 0.
https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions
"""

from bisect import bisect_left
from calendar import day_abbr, day_name, month_abbr, month_name
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

_SUNDAY_FIRST = (6, 0, 1, 2, 3, 4, 5)
_MONTHS = {name.lower(): n for names in (month_name, month_abbr) for n, name in enumerate(names) if name}
_DAYS = {names[day].lower(): n for names in (day_name, day_abbr) for n, day in enumerate(_SUNDAY_FIRST)}
# The rarest day, 29 February on a given weekday, comes back after 40 years at the latest.
_DAYS_TO_SEARCH = 366 * 41


class ScheduleError(ValueError):
    """A schedule is no NCRONTAB expression, or is never due."""


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    least: int
    most: int
    names: Mapping[str, int]

    def values(self, text: str) -> Sequence[int]:
        """Return the sorted values that `text`, such as `1-5,*/10`, allows."""
        return sorted({value for item in text.split(",") for value in self._item(item)})

    def _item(self, item: str) -> range:
        span, slash, step = item.partition("/")
        first, dash, last = span.partition("-")
        if span == "*":
            least, most = self.least, self.most
        else:
            least = self._value(first)
            # `5/10` is "from 5, every 10", as NCrontab reads it.
            most = self._value(last) if dash else self.most if slash else least
        every = int(step) if step.isdecimal() else 1 if not slash else 0
        if every < 1 or least > most:
            raise ScheduleError(f"{item!r} is no {self.name}")
        return range(least, most + 1, every)

    def _value(self, text: str) -> int:
        value = self.names.get(text.lower(), int(text) if text.isdecimal() else -1)
        if not self.least <= value <= self.most:
            raise ScheduleError(f"{text!r} is no {self.name} (from {self.least} to {self.most})")
        return value


_FIELDS = (
    _Field("second", 0, 59, {}),
    _Field("minute", 0, 59, {}),
    _Field("hour", 0, 23, {}),
    _Field("day", 1, 31, {}),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of week", 0, 6, _DAYS),
)


@dataclass(frozen=True, slots=True)
class Schedule:
    """A parsed expression; each field holds the sorted values that it allows."""

    seconds: Sequence[int]
    minutes: Sequence[int]
    hours: Sequence[int]
    days: Sequence[int]
    months: Sequence[int]
    weekdays: Sequence[int]

    @classmethod
    def parse(cls, text: str) -> "Schedule":
        """Return the schedule that `text` writes. Raises `ScheduleError` with the reason."""
        fields = text.split()
        if len(fields) == len(_FIELDS) - 1:
            fields = ["0", *fields]
        if len(fields) != len(_FIELDS):
            raise ScheduleError("six fields are needed: second minute hour day month day-of-week")
        values = [field.values(part) for field, part in zip(_FIELDS, fields, strict=True)]
        schedule = cls(*values)
        schedule.next_after(datetime.now(UTC))
        return schedule

    def next_after(self, moment: datetime) -> datetime:
        """Return the first due time later than `moment` (aware), in whole seconds, UTC.

        Raises `ScheduleError` when there is none, such as on 30 February.
        """
        start = moment.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)
        for ahead in range(_DAYS_TO_SEARCH):
            day = start.date() + timedelta(days=ahead)
            if not self._allows(day):
                continue
            found = self._first_time(start.time() if ahead == 0 else time.min)
            if found is not None:
                return datetime.combine(day, found, UTC)
        raise ScheduleError("it is never due")

    def more_often_than_every_minute(self, now: datetime) -> bool:
        """Tell whether two of the next ten due times are less than a minute apart."""
        due = [self.next_after(now)]
        for _ in range(9):
            due.append(self.next_after(due[-1]))
        return any(later - earlier < timedelta(minutes=1) for earlier, later in pairwise(due))

    def _allows(self, day: date) -> bool:
        return day.month in self.months and day.day in self.days and day.isoweekday() % 7 in self.weekdays

    def _first_time(self, floor: time) -> time | None:
        """Return the first allowed time of a day that is not before `floor`."""
        for hour in self.hours[bisect_left(self.hours, floor.hour) :]:
            in_floor_hour = hour == floor.hour
            least_minute = floor.minute if in_floor_hour else 0
            for minute in self.minutes[bisect_left(self.minutes, least_minute) :]:
                least_second = floor.second if in_floor_hour and minute == floor.minute else 0
                position = bisect_left(self.seconds, least_second)
                if position < len(self.seconds):
                    return time(hour, minute, self.seconds[position])
        return None
