"""The signs of tests for robots and of firewalls that refuse robots, vendor by vendor.

In ordinary pages of these vendors' customers none of them stands: `cf-ray`, `x-iinfo`, `x-datadome: protected`, cookies
as `_abck` or `visid_incap`, and scripts that only watch are no signs. Where one may be read about: its source.
"""

from __future__ import annotations

import re

from jobs.scrape.challenges.sign import (
    FEW_CHARS,
    HARDLY_ANY,
    REFUSAL,
    TURNED_AWAY,
    CookieSign,
    HeaderSign,
    MarkupSign,
    cookie,
    header,
    script,
    tag,
    title,
    words,
)

_AKAMAI = "https://github.com/germondai/trawl/pull/33"
_ALIBABA = "https://www.alibabacloud.com/help/en/waf/"
_AMAZON = "https://docs.aws.amazon.com/waf/latest/developerguide/waf-captcha-and-challenge-actions.html"
_ANUBIS = "https://github.com/TecharoHQ/anubis"
_ARVAN = "https://github.com/arvancloud/ar-ipwhitelist/issues/6"
_BUNNY = "https://github.com/goodtrailer/daily-desktop/issues/115"
_CLOUDFLARE = "https://developers.cloudflare.com/cloudflare-challenges/challenge-types/challenge-pages/detect-response/"
_DATADOME = "https://docs.datadome.co/reference/validate-request"
_DDOS_GUARD = "https://github.com/FlareSolverr/FlareSolverr"
_EDGEONE = "https://edgeone.ai/document/56977"
_F5 = "https://github.com/owid/covid-19-data/issues/2265"
_FASTLY = "https://www.fastly.com/documentation/guides/security/bot-management/client-challenges/"
_GO_AWAY = "https://git.gammaspectra.live/git/go-away"
_HOSTINGER = "https://github.com/microlinkhq/is-antibot/pull/79"
_IFASTNET = "https://github.com/ShareX/ShareX/issues/3535"
_IS_ANTIBOT = "https://github.com/microlinkhq/is-antibot"
_KASADA = "https://github.com/TheWebScrapingClub/webscraping-from-0-to-hero"
_QRATOR = "https://qrator.net/"
_RADWARE = "https://github.com/section-io/docs/pull/113"
_REBLAZE = "https://github.com/curiefense/curiefense"
_SAFELINE = "https://github.com/chaitin/SafeLine"
_SITEGROUND = "https://www.siteground.com/"
_VERCEL = "https://github.com/elevenlabs/ui/issues/80"
_WAFW00F = "https://github.com/EnableSecurity/wafw00f"

HEADERS: tuple[HeaderSign, ...] = (
    header("Cloudflare", "cf-mitigated", "challenge", _CLOUDFLARE),
    header("Vercel", "x-vercel-mitigated", "challenge", _VERCEL),
    header("Vercel", "x-vercel-mitigated", "deny", _VERCEL, says=REFUSAL),
    header("AWS WAF", "x-amzn-waf-action", "challenge|captcha", _AMAZON),
    header("DataDome", "x-dd-b", r"[12]\b", _DATADOME),
    header("SiteGround", "sg-captcha", "challenge", _SITEGROUND),
    header("Kasada", "x-kpsdk-(?:ct|r|im)", "", _KASADA, statuses=TURNED_AWAY),
    header("Sucuri", "x-sucuri-block", ".", _WAFW00F, says=REFUSAL),
    header("Akamai", "server", "akamaighost", _AKAMAI, says=REFUSAL, statuses=frozenset({403, 429})),
    header("Wordfence", "server", "wf[_-]?waf", _WAFW00F, says=REFUSAL),
)
"""Known by HEAD too."""

COOKIES: tuple[CookieSign, ...] = (
    cookie("Anubis", r"anubis.*-cookie-verification", _ANUBIS),
    cookie("Fastly", r"^_fs_ch_st_", _FASTLY),
    cookie("Qrator", r"^qrator_jsr$", _QRATOR, statuses=TURNED_AWAY),
    cookie("Alibaba Cloud", r"^acw_sc__v[23]$", _ALIBABA, statuses=TURNED_AWAY),
)
"""Known by HEAD too."""

MARKUP: tuple[MarkupSign, ...] = (
    script("Cloudflare", "_cf_chl_opt", _CLOUDFLARE),
    MarkupSign(
        vendor="Cloudflare",
        source=_CLOUDFLARE,
        key=b"/cdn-cgi/challenge-platform/",
        pattern=re.compile(rb"/cdn-cgi/challenge-platform/(?!scripts/)"),  # the scripts only watch, in any page
        most_chars=HARDLY_ANY,
    ),
    tag("Cloudflare", "cf-browser-verification", _CLOUDFLARE),
    tag("Cloudflare", "__cf_chl_", _CLOUDFLARE),
    title("Cloudflare", "attention required! | cloudflare", _WAFW00F, says=REFUSAL, statuses=TURNED_AWAY),
    words("Cloudflare", "used cloudflare to restrict access", _WAFW00F, says=REFUSAL, statuses=TURNED_AWAY),
    tag("Anubis", "/.within.website/x/cmd/anubis/", _ANUBIS),
    tag("Anubis", 'id="anubis_challenge"', _ANUBIS),
    title("Anubis", "making sure you're not a bot", _ANUBIS),
    tag("go-away", "/git/go-away/cmd/go-away/", _GO_AWAY),
    script("AWS WAF", "gokuprops", _AMAZON),
    tag("AWS WAF", ".token.awswaf.com/", _AMAZON, most_chars=HARDLY_ANY),
    tag("AWS WAF", 'action="/errors/validatecaptcha"', _AMAZON),
    title("AWS WAF", "error: the request could not be satisfied", _AMAZON, says=REFUSAL, statuses=frozenset({403})),
    title("Vercel", "vercel security checkpoint", _VERCEL),
    tag("DataDome", "captcha-delivery.com/", _DATADOME),
    script("DataDome", "'host':'geo.captcha-delivery.com'", _DATADOME),
    tag("PerimeterX (HUMAN)", '"px-captcha"', _WAFW00F),
    tag("PerimeterX (HUMAN)", "/captcha/captcha.js", _WAFW00F, most_chars=HARDLY_ANY),
    tag("PerimeterX (HUMAN)", "captcha.px-c", _WAFW00F),
    title("PerimeterX (HUMAN)", "access to this page has been denied", _WAFW00F),
    tag("Imperva", "/_incapsula_resource?swudnsai", _WAFW00F),
    words("Imperva", "incapsula incident id", _WAFW00F, says=REFUSAL),
    script("Imperva", "onprotectioninitialized", _WAFW00F),
    title("Imperva", "pardon our interruption", _WAFW00F),
    tag("Akamai", "sec-if-cpt-container", _AKAMAI),
    tag("Akamai", "/_sec/cp_challenge/", _AKAMAI),
    script("Akamai", "/_sec/verify?provider=", _AKAMAI),
    tag("Akamai", "bm-verify=", _AKAMAI),
    words("Akamai", "errors.edgesuite.net", _AKAMAI, says=REFUSAL),
    words("Akamai", "errors&#46;edgesuite&#46;net", _AKAMAI, says=REFUSAL),
    script("Sucuri", "sucuri_cloudproxy_js", _WAFW00F),
    title("Sucuri", "access denied - sucuri website firewall", _WAFW00F, says=REFUSAL),
    title("Sucuri", "sucuri website firewall - access denied", _WAFW00F, says=REFUSAL),
    tag("DDoS-Guard", "/.well-known/ddos-guard/", _DDOS_GUARD, most_chars=HARDLY_ANY),
    title("DDoS-Guard", "ddos-guard</title>", _DDOS_GUARD, most_chars=HARDLY_ANY),
    script("Kasada", "kpsdk.start=kpsdk.now()", _KASADA),
    tag("Kasada", "/ips.js?", _KASADA, most_chars=HARDLY_ANY, statuses=TURNED_AWAY),
    script("F5", 'window["bobcmn"]', _F5),
    words("F5", "the requested url was rejected. please consult with your administrator", _F5, says=REFUSAL),
    tag("Fastly", "/_fs-ch-", _FASTLY, most_chars=HARDLY_ANY),
    words("Wordfence", "generated by wordfence", _WAFW00F, says=REFUSAL, statuses=TURNED_AWAY, most_chars=FEW_CHARS),
    tag("Wordfence", "wordfence.com/help/?query=", _WAFW00F, says=REFUSAL, statuses=TURNED_AWAY),
    tag("SiteGround", "/.well-known/sgcaptcha/", _SITEGROUND),
    tag("SiteGround", "/.well-known/captcha/", _SITEGROUND),
    tag("Hostinger", "/hcdn-cgi/jschallenge", _HOSTINGER),
    tag("Bunny Shield", "/.bunny-shield/", _BUNNY),
    tag("Imunify360", "wsidchk", _WAFW00F),
    tag("Qrator", "/__qrator/", _QRATOR, most_chars=HARDLY_ANY),
    script("Alibaba Cloud", "acw_sc__v2", _ALIBABA),
    script("Alibaba Cloud", "var arg1='", _ALIBABA, most_chars=HARDLY_ANY),
    tag("Alibaba Cloud", "aliyun_waf_", _ALIBABA),
    script("Alibaba Cloud", "x5secdata", _IS_ANTIBOT),
    script("EdgeOne", "eo_bot_ssid", _EDGEONE),
    script("Reblaze", "rbzns", _REBLAZE),
    script("ArvanCloud", "__arcsjs", _ARVAN),
    script("iFastNet", "slowaes.decrypt", _IFASTNET),
    tag("SafeLine", "slg-title", _SAFELINE),
    tag("SafeLine", "slg-box", _SAFELINE),
    title("Radware", "radware bot manager captcha", _RADWARE),
    title("Radware", "shieldsquare captcha", _RADWARE),
    # Last: tests of one vendor stand in pages of another, and these are shown by anybody.
    tag("Google", 'id="captcha-form"', "https://support.google.com/websearch/answer/86640"),
    tag("Yandex SmartCaptcha", "/checkcaptcha?", "https://yandex.cloud/en/docs/smartcaptcha/"),
    title("Cloudflare", "just a moment...", _CLOUDFLARE, statuses=TURNED_AWAY),
    tag("Imperva", "/_incapsula_resource", _WAFW00F, name="iframe", most_chars=HARDLY_ANY),
    MarkupSign(
        vendor="Imperva",
        source=_WAFW00F,
        key=b"/_incapsula_resource?",
        pattern=re.compile(  # an empty page that holds the watching script alone
            rb"<meta name=[\"']?robots[\"']? content=[\"']?noindex, ?nofollow[\"']?>\s*+"
            rb"<script src=[\"']?/_incapsula_resource\?[^<>]*+>\s*+</script>\s*+(?:</head>\s*+)?<body>\s*+</body>"
        ),
        most_chars=HARDLY_ANY,
    ),
    MarkupSign(
        vendor="Cloudflare",
        source="https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-1xxx-errors/",
        says=REFUSAL,
        statuses=TURNED_AWAY,
        key=b"error code: 10",
        pattern=re.compile(rb"\berror code: 10(?:0[5-9]|10|12|20)\b"),
        most_chars=HARDLY_ANY,
    ),
)
"""Tried in this order."""

WIDGETS: tuple[MarkupSign, ...] = (
    tag("reCAPTCHA", "g-recaptcha", "https://developers.google.com/recaptcha/docs/display"),
    tag("reCAPTCHA", "/recaptcha/api", "https://developers.google.com/recaptcha/docs/display"),
    tag("hCaptcha", "h-captcha", "https://docs.hcaptcha.com/"),
    tag("hCaptcha", "hcaptcha.com/", "https://docs.hcaptcha.com/"),
    tag("Turnstile", "cf-turnstile", "https://developers.cloudflare.com/turnstile/"),
    tag("Turnstile", "challenges.cloudflare.com/turnstile", "https://developers.cloudflare.com/turnstile/"),
    tag("Friendly Captcha", "frc-captcha", "https://developer.friendlycaptcha.com/docs/"),
    tag("Arkose Labs", "arkoselabs.com/", "https://developer.arkoselabs.com/docs"),
    tag("GeeTest", "geetest.com/", "https://docs.geetest.com/"),
    tag("Tencent Captcha", "captcha.qcloud.com/", "https://www.tencentcloud.com/document/product/1159"),
    tag("ALTCHA", "challengeurl=", "https://altcha.org/docs/"),
    tag("mCaptcha", "mcaptcha__", "https://mcaptcha.org/docs/"),
)
"""Stand in ordinary pages with a form too: each counts only where nothing but the test is there, which the status or
the title says."""
