"""How servers are asked, for the jobs that do: guarded, capped, within a true deadline. It is no job itself.

item_attempt ── redirects ── urls            one item: how long, where it leads, and what its host's schedule is told
   │               └── cookies
   ├── status_failures ── retry_policy       which answers are failures, and when to ask again; accepted: to this run
   ├── request_headers: what is said to whom; media_types: what a body is; codes: what can go wrong;
   │   trust_params: whom a run trusts; validators: what an answer is known again by
   └── fetcher


fetcher ── connections ── guard ── addresses, own_page, sample_site
   │            │           └── resolver
   │            └── deadline: one watchdog shuts what is late
   │            ├── kept_connections: which may be used again, and when
   │            └── exchange, sockets, proxy: what is going on, where to, and through what; trust: whom TLS believes
   ├── chains ── issuers: certificates that a server leaves out
   ├── message_head, strict_response: what a server says before its body, and what it may not
   ├── body ── decoders: capped, inflated
   ├── messages: what is asked, and what was answered
   ├── linked_list: a list that lies elsewhere, asked for before a run
   └── network_errors: what went wrong, as codes and sentences
"""
