"""Words of which organisations and invitations are made; all of them are ours."""

from collections.abc import Mapping
from types import MappingProxyType

KINDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "company": (
            "Board member",
            "CEO, COO, CFO",
            "Director",
            "Manager",
            "Engineer",
            "Customer",
            "Family",
        ),
        "laboratory": (
            "Dean",
            "Principal investigator",
            "Postdoc",
            "Doctoral student",
            "Student assistant",
            "Programme officer",
            "Family",
        ),
        "hospital": (
            "Medical director",
            "Head of department",
            "Senior physician",
            "Resident",
            "Nurse",
            "Supplier",
            "Family",
        ),
    }
)
"""Titles by kind of organisation, in the order of standings.

Where there are several, the people of that standing take turns.
"""

NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "company": ("Tallow Bridge Systems", "Ostrava Pump Works", "Quillfeather Ltd"),
        "laboratory": (
            "Institute for Tidal Physics",
            "Plant Signalling Lab",
            "Centre for Rare Alloys",
        ),
        "hospital": ("Saint Odile Clinic", "Harbour Hospital", "Northfield Infirmary"),
    }
)

FIRST = (
    "Ada", "Amir", "Anouk", "Bela", "Bruno", "Chidi", "Clara", "Dario", "Edda",
    "Emeka", "Farah", "Femke", "Goran", "Hana", "Ines", "Ivo", "Jonas", "Kaito",
    "Kira", "Lale", "Leif", "Mara", "Milo", "Nadia", "Nils", "Olga", "Omar", "Petra",
    "Quinn", "Rafael", "Rosa", "Samir", "Signe", "Tariq", "Thea", "Ugo", "Vera",
    "Wanda", "Xavier", "Yara", "Yusuf", "Zofia",
)  # fmt: skip
LAST = (
    "Abara", "Bakker", "Castell", "Dvorak", "Eriksen", "Fontaine", "Grozdan",
    "Haddad", "Ishida", "Jansson", "Kowal", "Lindqvist", "Moreau", "Novak", "Okafor",
    "Pires", "Quist", "Rahimi", "Sato", "Tanner", "Ulrich", "Varga", "Weiss", "Yilmaz",
)  # fmt: skip

SUBJECTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "company": (
            "Heron",
            "the pump line",
            "the spring release",
            "Lot 7",
            "Meridian",
        ),
        "laboratory": (
            "the tide model",
            "Grant B12",
            "the greenhouse",
            "Cobalt",
            "CT-4",
        ),
        "hospital": (
            "ward 3",
            "the day clinic",
            "the new scanner",
            "Team Blue",
            "triage",
        ),
    }
)

WORK: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        "board": (
            ("Board preparation: {s}", "Settle what the board is told about {s}."),
            ("Steering committee on {s}", "Decide on the direction of {s}."),
        ),
        "one_on_one": (
            ("One-on-one", "Talk about the last weeks in private."),
            ("Catch-up about {s}", "Exchange news about {s}, just the essentials."),
        ),
        "hiring": (
            ("Interview for {s}", "Meet a candidate who would work on {s}."),
            ("Hiring round {s}", "Compare the candidates for {s}."),
        ),
        "launch": (
            ("Start of {s}", "Go through the last steps before {s} goes live."),
            ("Readiness check of {s}", "See what still blocks {s}."),
        ),
        "review": (
            ("Review of {s}", "Look back at the results of {s}."),
            ("Half-year figures of {s}", "Explain the figures of {s}."),
        ),
        "training": (
            ("Safety training", "Yearly instruction, with a short test."),
            ("Workshop: methods for {s}", "Practise new methods on {s}."),
        ),
        "social": (
            ("Farewell party", "Say goodbye to a colleague over cake."),
            ("Team lunch", "Eat together and get to know each other."),
        ),
        "medical": (
            ("Occupational health check", "Routine check-up by the physician on duty."),
            ("Eye test", "Test required for work at screens."),
        ),
    }
)
"""Title and description of invitations from work by topic; {s} is a subject."""

PRIVATE: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        "board": (
            ("Family council", "Decide together about the house."),
            ("Meeting of the owners' association", "Vote on the repair of the roof."),
        ),
        "one_on_one": (
            ("Talk at home", "Take time for a talk, only the two of us."),
            ("Long call", "Catch up after a long time."),
        ),
        "hiring": (
            ("Meet the new nanny", "Get to know a candidate for the afternoons."),
            ("Choose a carpenter", "Compare offers for the kitchen."),
        ),
        "launch": (
            ("Opening of the family's shop", "Be there when the doors open."),
            ("Moving day", "Carry boxes and keep an eye on the movers."),
        ),
        "review": (
            ("Household accounts", "Go through the year's expenses."),
            ("Parents' evening", "Hear how the year at school went."),
        ),
        "training": (
            ("Swimming lesson", "Go along to the lesson."),
            ("First-aid course for parents", "Learn what to do in an emergency."),
        ),
        "social": (
            ("Birthday", "Celebrate with cake and candles."),
            ("Wedding anniversary lunch", "Eat where it all began."),
        ),
        "medical": (
            ("Appointment with the paediatrician", "Come along to the check-up."),
            ("Visit to the hospital", "Hear what the doctors say."),
        ),
    }
)
"""The same from the family."""
