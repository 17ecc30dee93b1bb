"""How bytes become text.

decode ──┬── declared   what header and markup say
         ├── labels     what the label of an encoding means
         └── jobs.encodings, where nobody says it, or what is said is not true
"""
