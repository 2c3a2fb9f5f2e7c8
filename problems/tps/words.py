"""Words that names, texts and translations are made of."""

LANGUAGES = ("Ardish", "Belori", "Cathene", "Dromic", "Essari", "Fenlan")
CURRENCIES = ("ARD", "BEL", "CAT", "DRO", "ESS", "FEN")
SECTORS = ("energy", "logistics", "textiles", "software", "ceramics", "shipping")
PROJECTS = ("Amber", "Basalt", "Cobalt", "Drift", "Ember", "Flint", "Granite", "Heron")

STARTS = [
    "Ba",
    "Bre",
    "Ca",
    "Dor",
    "El",
    "Fa",
    "Gri",
    "Hal",
    "Il",
    "Jo",
    "Kel",
    "Lu",
    "Mar",
    "Nor",
    "Os",
    "Pel",
    "Qui",
    "Ra",
    "Sel",
    "Tor",
    "Ul",
    "Ve",
    "Wim",
    "Yar",
    "Zan",
]
MIDDLES = ["la", "ro", "mi", "ve", "ni", "sta", "dru", "ka", "lo", "ri", "se", "ta"]
ENDS = [
    "ra",
    "ntor",
    "vik",
    "dale",
    "more",
    "nes",
    "th",
    "bury",
    "lin",
    "gard",
    "wen",
    "sk",
]
JOBS = ("analyst", "engineer", "planner", "lawyer", "designer", "auditor")
SORTS = ("museum", "theatre", "market", "park", "library")
WORDS = [
    "amber",
    "harbour",
    "lantern",
    "meadow",
    "copper",
    "violet",
    "thunder",
    "marble",
    "willow",
    "saddle",
    "anchor",
    "velvet",
    "orchard",
    "pebble",
    "compass",
    "ribbon",
]
SYLLABLES = [
    "ka",
    "mo",
    "ti",
    "re",
    "su",
    "la",
    "ven",
    "dor",
    "pi",
    "sha",
    "nu",
    "bel",
    "os",
    "ira",
    "tam",
    "fe",
]
