"""What requests are tried with, on the sample site: an API that is looked up in, and a language model's."""

from __future__ import annotations

from jobs import Sample

SAMPLES = (
    Sample(
        name="places",
        title="where each place is",
        file="sample_places.csv",
        words="places.csv --url 'https://api.example.org/search?q={place}'",
        params={
            "url": "http://api.sample/geocode?q={place}",
            "extract": ["latitude: float = $.results[0].latitude", "longitude: float = $.results[0].longitude"],
        },
    ),
    Sample(
        name="labels",
        title="a language model's label for each review",
        file="sample_reviews.csv",
        params={
            "url": "http://api.sample/v1/chat/completions",
            "method": "POST",
            "body": '{"model": "small", "messages": [{"role": "system", "content": "praise, complaint or question?"}, '
            '{"role": "user", "content": "{review}"}]}',
            "extract": ["label: text = $.choices[0].message.content", "price: float = $.usage.cost"],
            "answer_chars": 0,
            "repeatable": True,
        },
    ),
)
"""The first where nothing else is said; `labels` has the price of each answer in a column."""
