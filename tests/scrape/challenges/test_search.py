"""Tests for robots and refusals are told from pages, and their vendors from each other."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from jobs.scrape.challenges import signs
from jobs.scrape.challenges.search import find_sign, sign_of_headers
from jobs.scrape.challenges.sign import REFUSAL, CookieSign, HeaderSign, MarkupSign, Sign
from jobs.scrape.page import reader

PROJECT = Path(__file__).resolve().parents[3]

HEADERS = [
    ("Cloudflare", 403, "CF-Mitigated", " Challenge "),
    ("Vercel", 429, "X-Vercel-Mitigated", "challenge"),
    ("Vercel", 403, "x-vercel-mitigated", "deny"),
    ("AWS WAF", 202, "x-amzn-waf-action", "challenge"),
    ("AWS WAF", 405, "X-Amzn-Waf-Action", "captcha"),
    ("DataDome", 403, "X-DD-B", "1"),
    ("DataDome", 403, "x-dd-b", "2"),
    ("SiteGround", 202, "SG-Captcha", "challenge"),
    ("Kasada", 429, "x-kpsdk-ct", "0cT1"),
    ("Kasada", 403, "X-Kpsdk-R", "1-AA"),
    ("Sucuri", 403, "X-Sucuri-Block", "BNP005"),
    ("Akamai", 403, "Server", "AkamaiGHost"),
    ("Wordfence", 403, "Server", "wf_WAF"),
    ("Anubis", 200, "Set-Cookie", "techaro.lol-anubis-cookie-verification=0195; Path=/"),
    ("Anubis", 401, "set-cookie", "my-anubis-of-mine-cookie-verification-ab12=x"),
    ("Fastly", 200, "Set-Cookie", "_fs_ch_st_FSBmUei20MqUiJb4=AT; Path=/"),
    ("Qrator", 401, "Set-Cookie", "qrator_jsr=1711.2; path=/"),
    ("Alibaba Cloud", 405, "Set-Cookie", "acw_sc__v3=60; path=/"),
]

MARKUP = [
    ("Cloudflare", 503, "<title>x</title><script>(function(){window._cf_chl_opt={cvId:'3'}})()</script>"),
    ("Cloudflare", 403, "<script>a.src = '/cdn-cgi/challenge-platform/h/g/orchestrate/chl_page/v1?ray=1';</script>"),
    ("Cloudflare", 503, "<div class='cf-browser-verification cf-im-under-attack'>JavaScript</div>"),
    ("Cloudflare", 403, "<form id=challenge-form action='/?__cf_chl_f_tk=abc' method=POST></form>"),
    ("Cloudflare", 403, "<title>Attention Required! | Cloudflare</title><h1>Sorry, you have been blocked</h1>"),
    ("Cloudflare", 403, "<title>Access denied | a.example used Cloudflare to restrict access</title>"),
    ("Cloudflare", 503, "<title>Just a moment...</title><p>Checking your browser"),
    ("Cloudflare", 403, "error code: 1020"),
    ("Anubis", 200, "<script async type=module src='/.within.website/x/cmd/anubis/static/js/main.mjs'>"),
    ("Anubis", 200, '<script id="anubis_challenge" type="application/json">{"rules":{"difficulty":4}}</script>'),
    ("Anubis", 200, "<title>Making sure you&#39;re not a bot!</title><p>Loading..."),
    ("Anubis", 401, "<title>Making sure you're not a bot!</title>"),
    ("go-away", 418, "<link href='/.well-known/.git.gammaspectra.live/git/go-away/cmd/go-away/assets/style.css'>"),
    ("AWS WAF", 202, '<script>window.awsWafCookieDomainList = [];\nwindow.gokuProps = {"key":"A"};</script>'),
    ("AWS WAF", 200, "<script src='https://1c5.us-west-2.token.awswaf.com/1c5/challenge.js'></script>"),
    ("AWS WAF", 200, "<form method=get action='/errors/validateCaptcha' name=''>Enter the characters</form>"),
    ("AWS WAF", 403, "<TITLE>ERROR: The request could not be satisfied</TITLE><H2>Request blocked."),
    ("Vercel", 429, "<title>Vercel Security Checkpoint</title><p>We're verifying your browser"),
    ("DataDome", 403, "<script>var dd={'rt':'c','cid':'A','host':'geo.captcha-delivery.com'}</script>"),
    ("DataDome", 403, "<script src='https://ct.captcha-delivery.com/c.js'></script>"),
    ("PerimeterX (HUMAN)", 403, '<meta name="description" content="px-captcha"><title>Access denied</title>'),
    ("PerimeterX (HUMAN)", 403, "<div id=px-captcha></div>"),
    ("PerimeterX (HUMAN)", 403, "<script src='/AbCdEfGh/captcha/captcha.js?a=c&u=1'></script>"),
    ("PerimeterX (HUMAN)", 403, "<script src='https://captcha.px-cloud.net/PX1/captcha.js'></script>"),
    ("PerimeterX (HUMAN)", 200, "<title>Access to this page has been denied.</title><p>Press &amp; Hold"),
    ("Imperva", 200, '<iframe id="main-iframe" src="/_Incapsula_Resource?SWUDNSAI=31&xinfo=7">Request unsuccessful.'),
    ("Imperva", 403, "<p>Request unsuccessful. Incapsula incident ID: 1234-5678</p>"),
    ("Imperva", 200, "<noscript><title>Pardon Our Interruption</title></noscript>"),
    ("Imperva", 200, "<title>x</title><script>window.onProtectionInitialized = function() {};</script>"),
    ("Imperva", 200, "<iframe src=/_Incapsula_Resource?CWUDNSAI=9></iframe>"),
    (
        "Imperva",
        200,
        '<META NAME="robots" CONTENT="noindex,nofollow">\n<script src="/_Incapsula_Resource?SWJIYLWA=71">\n</script>\n'
        "<body>\n</body>",
    ),
    ("Akamai", 200, '<div id="sec-if-cpt-container" style="position:fixed"></div>Powered and protected by'),
    ("Akamai", 429, "<script src='/_sec/cp_challenge/sec-4-3.js' async defer></script>"),
    ("Akamai", 200, "<script>xhr.open('POST', '/_sec/verify?provider=interstitial', false)</script>"),
    ("Akamai", 200, "<meta http-equiv=refresh content=\"5; URL='/?bm-verify=AAQAAAA'\" />"),
    ("Akamai", 403, "<H1>Access Denied</H1>Reference #18.2d35.155.a4e<P>https://errors.edgesuite.net/18.2d35</P>"),
    ("Akamai", 403, "<H1>Access Denied</H1><P>https&#58;&#47;&#47;errors&#46;edgesuite&#46;net&#47;18&#46;2d35</P>"),
    ("Sucuri", 307, "<title>You are being redirected...</title><script>var s={},sucuri_cloudproxy_js='';</script>"),
    ("Sucuri", 403, "<title>Sucuri WebSite Firewall - Access Denied</title>"),
    ("Sucuri", 403, "<title>Access Denied - Sucuri Website Firewall</title>"),
    ("DDoS-Guard", 403, "<script src='/.well-known/ddos-guard/js-challenge/index.js'></script>"),
    ("DDoS-Guard", 200, "<title>DDoS-Guard</title><h1>Checking your browser"),
    ("Kasada", 429, "<script>window.KPSDK={};KPSDK.now=Date.now.bind(Date);KPSDK.start=KPSDK.now();</script>"),
    ("Kasada", 429, "<script src='/149e9513-01fa-4fb0-aad4/2d206a39/ips.js?tkrm=1&x-kpsdk-im=AA'></script>"),
    ("F5", 200, '<script>(function(){\nwindow["bobcmn"] = "10111";\nwindow["failureConfig"] = "52"})();</script>'),
    ("F5", 200, "The requested URL was rejected. Please consult with your administrator.<br>Your support ID is: 1"),
    ("Fastly", 200, "<title>Client Challenge</title><script src='/_fs-ch-1T1wmsGaOgGaSxcX/script.js'></script>"),
    ("Wordfence", 503, "<h1>Your access to this site has been limited</h1><p>Generated by Wordfence at Tue"),
    ("Wordfence", 403, "<img src='https://www.wordfence.com/help/?query=locked-out'>A potentially unsafe operation"),
    ("SiteGround", 202, '<meta http-equiv="refresh" content="0;/.well-known/sgcaptcha/?r=%2F&y=ipc:1.2.3.4">'),
    ("SiteGround", 202, '<meta http-equiv="refresh" content="0;/.well-known/captcha/?r=%2F">'),
    ("Hostinger", 403, "<title>Just a moment...</title><script src='/hcdn-cgi/jschallenge'></script>"),
    ("Bunny Shield", 200, "<title>Establishing a secure connection</title><script src=/.bunny-shield/assets/s.js>"),
    ("Imunify360", 200, "<title>One moment, please...</title><input type=hidden id=wsidchk name=wsidchk>"),
    ("Qrator", 401, "<script src='/__qrator/qauth_utm_v2d_v9118.js'></script>"),
    ("Alibaba Cloud", 200, "<script>setCookie('acw_sc__v2', x);document.location.reload();</script>"),
    ("Alibaba Cloud", 200, "<html><script>var arg1 = '6A27B1';(function(a){})()</script></html>"),
    ("Alibaba Cloud", 200, "<meta name='aliyun_waf_aa' content='1f'>"),
    ("Alibaba Cloud", 200, "<script>location='/_____tmd_____/punish?x5secdata=xc'</script>"),
    ("EdgeOne", 200, "<script>document.cookie='EO_Bot_Ssid='+n;location.reload()</script>"),
    ("Reblaze", 247, "<script>;;window.rbzns={bereshit:'1',seed:'a'};winsocks();</script>"),
    ("ArvanCloud", 200, "<title>Transferring to the website...</title><script>var k='__arcsjs'</script>"),
    ("iFastNet", 200, "<script>document.cookie='__test='+toHex(slowAES.decrypt(c,2,a,b))</script>"),
    ("SafeLine", 468, "<title id='slg-title'></title>"),
    ("SafeLine", 468, "<div id=slg-box></div>"),
    ("Radware", 200, "<title>Radware Bot Manager Captcha</title>"),
    ("Radware", 200, "<title>ShieldSquare Captcha</title>"),
    ("Google", 429, '<form id="captcha-form" action="index" method="post">'),
    ("Yandex SmartCaptcha", 200, "<form method=POST action='/checkcaptcha?key=1_2_3'>"),
    ("reCAPTCHA", 403, "<div class='g-recaptcha' data-sitekey=1></div>"),
    ("reCAPTCHA", 200, "<title>Robot or human?</title><script src='https://google.com/recaptcha/api.js'></script>"),
    ("hCaptcha", 200, "<title>Please verify you are a human</title><div class=h-captcha></div>"),
    ("hCaptcha", 503, "<script src='https://js.hcaptcha.com/1/api.js'></script>"),
    ("Turnstile", 200, "<title>Security check</title><div class=cf-turnstile></div>"),
    ("Turnstile", 403, "<script src='https://challenges.cloudflare.com/turnstile/v0/api.js'></script>"),
    ("Friendly Captcha", 403, "<div class='frc-captcha'></div>"),
    ("Arkose Labs", 403, "<script src='https://client-api.arkoselabs.com/v2/api.js'></script>"),
    ("GeeTest", 403, "<script src='https://static.geetest.com/v4/gt4.js'></script>"),
    ("Tencent Captcha", 403, "<script src='https://turing.captcha.qcloud.com/TCaptcha.js'></script>"),
    ("ALTCHA", 429, "<altcha-widget challengeurl='/challenge'></altcha-widget>"),
    ("mCaptcha", 403, "<div id='mcaptcha__widget-container'></div>"),
]


def numbered(cases: Sequence[Any]) -> list[str]:
    return [f"{case.vendor if isinstance(case, Sign) else case[0]} {number}" for number, case in enumerate(cases)]


@pytest.mark.parametrize(("vendor", "status", "name", "value"), HEADERS, ids=numbered(HEADERS))
def test_a_test_for_robots_is_known_by_its_headers_alone(vendor: str, status: int, name: str, value: str) -> None:
    found = sign_of_headers(status, {"Content-Type": "text/html", name: value})

    assert found is not None
    assert found.vendor == vendor


@pytest.mark.parametrize(("vendor", "status", "markup"), MARKUP, ids=numbered(MARKUP))
def test_a_test_for_robots_is_known_by_its_markup_in_any_case(vendor: str, status: int, markup: str) -> None:
    pages = (f"<!doctype html><html><head>{markup}</html>", markup.upper(), markup.replace('"', "'"))

    found = [find_sign(status, {"Content-Type": "text/html"}, page.encode(), 120) for page in pages]

    assert [sign and sign.vendor for sign in found] == [vendor] * 3


@pytest.mark.parametrize("sign", signs.HEADERS, ids=numbered(signs.HEADERS))
def test_every_header_of_the_table_is_in_an_answer_above(sign: HeaderSign) -> None:
    assert sign.source.startswith("https://")
    assert [
        name
        for _, status, name, value in HEADERS
        if sign.counts_with(status) and sign.name.fullmatch(name.lower()) and sign.value.match(value.strip())
    ]


@pytest.mark.parametrize("sign", signs.COOKIES, ids=numbered(signs.COOKIES))
def test_every_cookie_of_the_table_is_in_an_answer_above(sign: CookieSign) -> None:
    assert sign.source.startswith("https://")
    assert [
        value
        for _, status, name, value in HEADERS
        if sign.counts_with(status) and name.lower() == "set-cookie" and sign.name.search(value.partition("=")[0])
    ]


@pytest.mark.parametrize("sign", signs.MARKUP + signs.WIDGETS, ids=numbered(signs.MARKUP + signs.WIDGETS))
def test_every_markup_of_the_table_is_in_an_answer_above(sign: MarkupSign) -> None:
    assert sign.source.startswith("https://")
    assert [
        page for _, status, page in MARKUP if sign.counts_with(status) and sign.pattern.search(page.lower().encode())
    ]


def test_the_sentence_names_host_and_vendor() -> None:
    test = find_sign(200, {"cf-mitigated": "challenge"}, b"", 0)
    refusal = find_sign(403, {"server": "AkamaiGHost"}, b"", 0)

    assert test is not None
    assert refusal is not None
    assert test.sentence("a.example") == "a.example sent a test for robots instead of the page (Cloudflare)"
    assert refusal.says == REFUSAL
    assert refusal.sentence("a.example") == "a.example takes us for a robot and refuses the page (Akamai)"


# --- what is no test ---

LOGIN = "<title>Log in</title><form><input name=user><div class=g-recaptcha></div><div class=h-captcha></div></form>"
HEADERS_OF_ORDINARY_ANSWERS = [
    (200, {"Server": "cloudflare", "CF-RAY": "1", "cf-mitigated": "block"}),
    (403, {"Server": "cloudflare", "CF-RAY": "1"}),
    (403, {"X-Iinfo": "1-2", "X-CDN": "Imperva", "Set-Cookie": "visid_incap_1=x"}),
    (403, {"X-DataDome": "protected", "Set-Cookie": "datadome=x"}),
    (200, {"Set-Cookie": "_abck=1~0"}),
    (301, {"Server": "AkamaiGHost"}),
    (200, {"x-kpsdk-ct": "1"}),
    (200, {"x-amzn-waf-action": "count"}),
    (403, {"Server": "ddos-guard"}),
]
MARKUP_OF_ORDINARY_PAGES = {
    "a login form with a captcha": (200, LOGIN),
    "a form to sign up at 404": (404, LOGIN),
    "an error page": (403, "<title>Forbidden</title>"),
    "an error page of another kind": (503, "<title>Service unavailable</title>"),
    "Cloudflare's watching script in an empty page": (
        200,
        "<div id=app></div><script>a.src='/cdn-cgi/challenge-platform/scripts/jsd/main.js';</script>",
    ),
    "Imperva's watching script": (200, "<script src='/_Incapsula_Resource?SWJIYLWA=7'></script>"),
    "DataDome's watching script": (200, "<script src='https://js.datadome.co/tags.js'></script>"),
    "PerimeterX's watching script": (200, "<script>window._pxAppId='PX1'</script><script src=/PX1/init.js></script>"),
    "Akamai's watching script": (200, "<script>bmak.form_submit()</script>"),
    "AWS's watching script": (200, "<script src='https://a.edge.sdk.awswaf.com/a/challenge.js'></script>"),
    "F5's watching script": (200, "<script src='/TSPD/08f?type=17'></script><p>Welcome"),
    "DDoS-Guard's watching script": (200, "<script src='https://check.ddos-guard.net/check.js'>"),
    "Kasada's watching script": (200, "<script src='/149e/p.js'></script>"),
    "a page that shows markup": (200, "<pre>&lt;script src='/.within.website/x/cmd/anubis/static/js/main.mjs'"),
    "a page that shows a script": (200, "<p>Look for <code>window._cf_chl_opt</code> and sucuri_cloudproxy_js"),
    "a link to a vendor": (200, "<a href='https://geo.captcha-delivery.com/captcha/'>what is this?</a>"),
    "a poem of that name": (200, "<title>Just a moment...</title><p>a poem"),
    "a script of data that holds an article": (
        200,
        '<title>Docs</title><script type="application/json">{"t": "window._cf_chl_opt = {}; slowAES.decrypt"}</script>'
        '<script id=x TYPE=\'application/ld+json\'>{"t": "sucuri_cloudproxy_js"}</script>'
        '<script type="text/x-template">window["bobcmn"]</script>',
    ),
    **{
        f"a form with a captcha below the title {title!r}": (
            200,
            f"<title>{title}</title><div class=g-recaptcha></div>",
        )
        for title in (
            "One Moment in Time - lyrics",
            "Access Denied (2009) - film",
            "Security check-up for your home",
            "Captcha explained",
            "Bot protection for shops | Example",
            "Human challenges of our time",
        )
    },
    "nothing": (200, ""),
}


@pytest.mark.parametrize(("status", "headers"), HEADERS_OF_ORDINARY_ANSWERS, ids=str)
def test_headers_of_a_vendors_ordinary_answers_are_no_sign(status: int, headers: dict[str, str]) -> None:
    assert find_sign(status, headers, b"<p>no", 2) is None


@pytest.mark.parametrize("name", MARKUP_OF_ORDINARY_PAGES)
def test_what_vendors_put_into_ordinary_pages_is_no_sign(name: str) -> None:
    status, markup = MARKUP_OF_ORDINARY_PAGES[name]

    assert find_sign(status, {}, markup.encode(), 40) is None


@pytest.mark.parametrize(
    "title",
    [
        "Just a moment...",
        "One moment, please...",
        "Access denied | shop.example",
        "Access Denied",
        "Access to this page is blocked",
        "Attention Required! | Cloudflare",
        "Verify you are human",
        "Verify that you're not a robot to continue",
        "Security check required - Example",
        "Captcha \u9a8c\u8bc1",
        "Checking your browser before accessing shop.example",
        "Unusual traffic from your network",
        "One more step",
        "Are you a robot?",
    ],
)
def test_a_captcha_below_a_title_of_tests_is_one(title: str) -> None:
    markup = f"<title> {title}</title><div class=g-recaptcha></div>".encode()

    found = find_sign(200, {}, markup, 40)

    assert found is not None
    assert found.vendor == "reCAPTCHA"


@pytest.mark.parametrize(("vendor", "status", "markup"), MARKUP, ids=numbered(MARKUP))
def test_no_markup_is_a_sign_in_a_page_with_much_text(vendor: str, status: int, markup: str) -> None:
    assert find_sign(status, {}, markup.encode(), 4_000) is None


def taken_for_tests(pages: list[Path]) -> list[tuple[Path, int]]:
    """Those of the pages that count as a test for robots, with the status under which they do."""
    bodies = {path: path.read_bytes() for path in pages}
    chars = {path: int(str(reader.read(body, "text/html", "http://a/")["text_chars"])) for path, body in bodies.items()}
    looked_at = [(path, status) for path in pages for status in (200, 403, 503)]
    return [(path, status) for path, status in looked_at if find_sign(status, {}, bodies[path], chars[path])]


def test_no_page_of_the_repository_is_taken_for_a_test() -> None:
    found = [path for folder in ("jobs", "tests", "data") for path in (PROJECT / folder).rglob("*.html")]
    pages = [path for path in found if "runs" not in path.parts]

    assert len(pages) >= 40
    assert taken_for_tests(pages) == []


@pytest.mark.slow
def test_no_documentation_of_debians_packages_is_taken_for_a_test() -> None:
    """Where there is some: `apt-get install sqlite3-doc` brings 800 pages."""
    pages = [path for path in sorted(Path("/usr/share/doc").rglob("*.html"))[:1_000] if path.is_file()]
    if len(pages) < 50:
        pytest.skip(f"/usr/share/doc has only {len(pages)} pages of HTML")

    assert taken_for_tests(pages) == []


@pytest.mark.parametrize(
    "markup",
    [
        b"<script>" * 30_000 + b"_cf_chl_opt",
        b"<title" * 40_000 + b"vercel security checkpoint ddos-guard</title> just a moment...",
        b"<title>" + b" " * 200_000 + b"vercel security checkpoint",
        b"<aa " * 60_000 + b"px-captcha g-recaptcha",
        b"<script " + b"<" * 200_000 + b"gokuprops kpsdk.start rbzns",
        b"<title> making" + b" " * 200_000 + b"sure you're",
        b"<script>" + b"var " * 60_000 + b"arg1",
        b"<script>" + b"kpsdk.start = " * 18_000,
    ],
)
def test_a_page_made_to_be_searched_slowly_is_searched_soon(markup: bytes) -> None:
    started = time.thread_time()

    find_sign(403, {}, markup, 0)

    assert time.thread_time() - started < 5
