"""Tests for robots, and refusals by a firewall, that come in a page's place.

sign       what one looks like: a header, a cookie, or markup that only it has
signs      the table: vendor by vendor, with where each sign is described
search     answer -> the sign that it bears, if any
"""
