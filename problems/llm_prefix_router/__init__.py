"""Place requests on replicas that remember prefixes of prompts."""
