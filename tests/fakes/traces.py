"""Two requests in the format of each publisher of traces."""

import json

AZURE = (
    "TIMESTAMP,ContextTokens,GeneratedTokens\r\n"
    "2023-11-16 18:17:03.9799600,4808,10\r\n"
    "2023-11-16 18:18:04.4799609,110,27"
)
VIDUR = (
    "num_prefill_tokens,num_decode_tokens,num_total_tokens,pd_ratio\n"
    "3772,54,3826,69.85\n2015,156,2171,12.9\n"
)
ARENA = (
    "client,prompt_len,output_len,request_latency_s,first_token_latency_s,req_time_s\n"
    "13,13,199,9.5,1.25,0.0\n2,36,137,6.75,1.5,0.25\n"
)


def _lines(*rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


MOONCAKE = _lines(
    {"timestamp": 0, "input_length": 600, "output_length": 52, "hash_ids": [46, 47]},
    {
        "timestamp": 3030.5,
        "input_length": 513,
        "output_length": 1,
        "hash_ids": [46, 2353],
    },
)
BAILIAN = _lines(
    {
        "chat_id": 55,
        "parent_chat_id": -1,
        "timestamp": 61.114,
        "input_length": 20,
        "output_length": 132,
        "type": "text",
        "turn": 1,
        "hash_ids": [1089, 1090],
    },
    {
        "chat_id": 159,
        "parent_chat_id": 55,
        "timestamp": 62.0,
        "input_length": 40,
        "output_length": 5,
        "type": "search",
        "turn": 2,
        "hash_ids": [1089, 1090, 6326],
    },
)
VLLM = _lines(
    {
        "request_id": "bench-0",
        "input_toks": 2358,
        "output_toks": 531,
        "arrival_time": 1787267980.0,
        "queued_ts": 100.5,
        "scheduled_ts": 100.5,
        "first_token_ts": 101.25,
        "last_token_ts": 102.25,
    },
    {
        "request_id": "bench-1",
        "input_toks": 1034,
        "output_toks": 769,
        "arrival_time": 1787267980.5,
        "queued_ts": 100.75,
        "scheduled_ts": 100.75,
        "first_token_ts": 101.25,
        "last_token_ts": 103.25,
    },
)
