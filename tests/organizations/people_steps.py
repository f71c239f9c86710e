"""The steps of `people_machine.py`, and how they are chosen."""

from dataclasses import dataclass
from random import Random

from shared_apps.organizations.models import Membership
from shared_apps.organizations.roles import Role

PEOPLE = range(5)

KINDS = (
    *("invite", "invite", "invite", "accept", "accept_own", "accept_own", "accept_own"),
    *("revoke", "resend", "change", "change", "remove", "leave", "offer", "take_over", "take_over"),
    *("deactivate", "reactivate", "reactivate"),
)
ACCEPT = ("accept", "accept_own")
BY_STAFF = ("deactivate", "reactivate")
CHANGES_OWNERS = ("change", "remove", "leave")
MOSTLY = 4  # Three of four steps are by or about a person with whom they can succeed.


@dataclass
class State:
    """What was committed before a round."""

    members: dict[int, Membership]
    inactive: set[int]
    invited: set[int]
    offered: set[int]
    invitations: list[int]
    links: list[tuple[str, str]]
    """Address and token of each mail, the oldest first."""

    def owners(self) -> set[int]:
        return {each for each in self.members if self.members[each].role == Role.OWNER}

    def likely(self, step: str) -> set[int]:
        """Return the people with whom the step can succeed."""
        members = {each for each in self.members if each not in self.inactive}
        managers = {each for each in members if self.members[each].role != Role.MEMBER}
        match step:
            case "accept" | "accept_own":
                return self.invited - set(self.members) - self.inactive
            case "invited":
                return set(PEOPLE) - set(self.members) - self.invited
            case "reactivate":
                return self.inactive
            case "take_over":
                return self.offered
            case "invite" | "revoke" | "resend" | "change" | "remove" | "offer":
                return managers
        return members


@dataclass(frozen=True)
class Step:
    kind: str
    person: int
    whom: int
    number: int
    role: str


def choose(before: State, random: Random) -> Step:
    kind = random.choice(KINDS)
    return Step(
        kind=kind,
        person=_pick(before.likely(kind), random),
        whom=_pick(before.likely("invited" if kind == "invite" else ""), random),
        number=random.randrange(100),
        role=random.choice(Role.values),
    )


def _pick(likely: set[int], random: Random) -> int:
    """Pick one with whom the step can succeed, or sometimes anyone."""
    return random.choice(sorted(likely) if likely and random.randrange(MOSTLY) else list(PEOPLE))
