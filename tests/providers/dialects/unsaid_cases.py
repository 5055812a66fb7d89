"""What users leave half unsaid: `(before, said, written out)`."""

HALF_SAID = (
    ("pause web-07.summitlabs.net", "undo that and pause web-17", "undo that and pause web-17.summitlabs.net"),
    ("pause web-07.summitlabs.net", "and WEB-7b?", "and WEB-7b.summitlabs.net?"),
    ("db-a.figaro-hr.internal", "and db-b?", "and db-b.figaro-hr.internal?"),
    ("cr1.bb.telnavi.net, cr2.bb.telnavi.net", "ping cr2: it is slow", "ping cr2.bb.telnavi.net: it is slow"),
    ("a-1.old.net and later a-1.new.net", "a-1", "a-1.new.net"),
    ("add 10.88.0.3 with icmp", "and the same for .4 and .1.5", "and the same for 10.88.0.4 and 10.88.1.5"),
    ("found 10.2.3.58 and 10.9.9.7", "the .58 one", "the 10.2.3.58 one"),
    ("whois rocketnoodles.com", "and the .net?", "and the rocketnoodles.net?"),
    ("shop.noodles.co.uk", "and .de", "and shop.noodles.de"),
    ("https://shop.acme.org:8443 loads", "it is on /login, sorry", "it is on https://shop.acme.org:8443/login, sorry"),
    ("cam-3.galleria.lan", "sorry, it's number 8 I meant, not 3", "sorry, it's cam-8.galleria.lan I meant, not 3"),
    ("ping node07.acme.net", "not 07 but 9", "not 07 but node09.acme.net"),
    ("10.0.0.7", "8 instead of 7", "10.0.0.8 instead of 7"),
    ("10.0.0.7", "8\x85instead of 7", "10.0.0.8\x85instead of 7"),
)  # fmt: skip

#: Nothing is missing here, or nobody knows what.
WHOLE = (
    ("", "and web-17?"),
    ("ping db-03", "and web-17.acme.net, db-04 and /login, the .com and .7"),
    ("web-07.summitlabs.net", "job m-77e0 in 24/7, and/or plan-b at 9.30, 2.5 s"),
    ("web-07.summitlabs.net and web-17", "web-17 as I said"),
    ("10.0.0.7", "8\ufeffinstead of 7"),
    ("10.0.0.7", "10.0.0.1/24, .999 and 1.2.3.4.5"),
    ("report-1.pdf", "report-2 and .pdf"),
    ("https://shop.acme.org", "a / b, 1/2 and http://x.org/login"),
    ("https://shop.acme.org:443", "20 packets, not 443, port 8443 not 443"),
    ("cam-3.galleria.lan", "5 retries, not 3"),
    ("https://shop.acme.org", "pumpe, web- and -web"),
)
