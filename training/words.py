"""Word lists that values are made of."""

from __future__ import annotations

DOMAIN_WORDS = tuple(
    """acme shop store books garden bakery coffee pizza travel hotel music photo studio design media news sports game
    cloud data soft tech net web host server mail office bank pay money credit trade market stock auto car bike motor
    parts tools home house build wood stone metal glass paper print art craft fashion shoes dress jewel watch clock
    health care clinic dental pharma medic fit yoga gym sport club team group union guild forum portal wiki blog press
    daily weekly times post journal review guide map city town village river lake ocean beach mountain forest green
    blue red black white silver golden bright happy lucky smart quick fast rapid swift prime alpha beta delta omega
    nova star sun moon sky rain snow wind fire earth terra aqua bio eco solar energy power light lamp fiber signal radio
    wave pulse link node mesh hub core edge gate bridge tower castle fort harbor port ship cargo rail train truck
    freight logistic supply chain depot factory plant mill farm fruit apple orange lemon berry olive honey sugar salt
    pepper spice kitchen cook food meal lunch dinner snack baker butcher fish meat dairy milk cheese wine beer pub cafe
    tea bar lounge event party wedding gift toy kids baby school academy college campus study learn book library archive
    museum gallery theatre film movie video stream audio sound voice phone mobile call chat talk social friend people
    person family pet dog cat horse bird zoo law legal tax audit invest fund capital wealth insure realty estate rent
    lease job career work staff hire talent crew labs lab research science quantum atomic nano pixel vector matrix
    cyber secure safe guard shield lock key vault trust proof check test demo example sample pilot beta stage""".split()
)
SYLLABLES = tuple(
    """ba be bi bo bu ca ce ci co cu da de di do du fa fe fi fo fu ga ge gi go gu ha he hi ho hu ja je jo ju ka ke ki ko
    ku la le li lo lu ma me mi mo mu na ne ni no nu pa pe pi po pu qua que ra re ri ro ru sa se si so su ta te ti to tu
    va ve vi vo wa we wi wo xa xe xi ya yo yu za ze zi zo zu bra bre cla cre dra fla fre gra kri pla pre sta ste stri
    tra tre tri ban ber bin bon cal can car cen cor dan den din dor fal fan fer fin gal gan gar gen han har hel hin
    jan jen kal kan ken kin lan lar len lin lon mal man mar men mer min mon nal nan nar nel nin nor pal pan par pen
    per pin por ral ran rel ren rin ron sal san sar sel sen ser sin sol son sor tal tan tar tel ten ter tin ton tor
    val van var vel ven ver vin vor wal war wel wen win wor xen yen zan zen zin th sh ch ck ng nd st rt""".split()
)
TLDS = tuple(
    """com com com com net net org org org io dev app co ai de fr es it nl be at ch pl cz se no fi dk pt gr ro hu ie uk
    co.uk org.uk eu us ca com.au net.au co.nz in co.in jp co.jp cn com.cn kr tw hk sg my id vn th br com.br com.mx ar cl
    pe za co.za ke ng eg tr com.tr il ae sa ru ua kz info biz shop store online site tech cloud xyz me tv cc edu gov
    museum travel agency example test invalid systems network solutions services digital media studio""".split()
)
PRIVATE_SUFFIXES = (
    *("lan", "lan", "local", "internal", "corp", "home", "intra", "home.arpa", "office", "prod", "dc1", "dmz", "mgmt"),
    *("localdomain", "private", "site", "net", "int", "acme.internal", "corp.local", "svc.cluster.local", "infra"),
)
SUBDOMAINS = (
    *("www", "www", "mail", "shop", "api", "app", "blog", "dev", "staging", "test", "cdn", "static", "img", "media"),
    *("admin", "portal", "login", "auth", "sso", "vpn", "remote", "gw", "ns1", "ns2", "mx", "mx1", "smtp", "imap", "pop"),
    *("ftp", "sftp", "git", "ci", "jenkins", "grafana", "prometheus", "kibana", "db", "sql", "redis", "cache", "proxy"),
    *("lb", "edge", "status", "docs", "help", "support", "store", "pay", "checkout", "secure", "my", "m", "web", "intranet"),
    *("crm", "erp", "wiki", "jira", "files", "backup", "nas", "cam", "voip", "sip", "meet", "chat", "news", "beta", "demo"),
)
DEVICES = (
    *("db", "web", "app", "srv", "server", "node", "gw", "gateway", "router", "switch", "sw", "core-sw", "fw", "firewall"),
    *("nas", "printer", "cam", "camera", "ap", "wifi", "mail", "mx", "dns", "ns", "dc", "ad", "proxy", "lb", "cache", "redis"),
    *("postgres", "mysql", "mongo", "kafka", "rabbit", "es", "elastic", "log", "backup", "bkp", "vm", "esx", "hyperv", "k8s"),
    *("worker", "master", "build", "ci", "git", "jump", "bastion", "vpn", "pbx", "phone", "pos", "kiosk", "sensor", "plc"),
    *("ups", "pdu", "ilo", "idrac", "storage", "san", "file", "ftp", "sftp", "web-prod", "web-stg", "db-prod", "api", "auth"),
    *("billing", "payroll", "crm", "erp", "wiki", "jira", "grafana", "zabbix", "media", "plex", "pi", "raspi", "homeassistant"),
    *("edge", "border", "core", "access", "dist", "leaf", "spine", "tor", "rack", "lab", "test", "dev", "stage", "prod", "win"),
)
AGENTS = (
    *("frankfurt", "london", "tokyo", "singapore", "nyc", "new york", "paris", "amsterdam", "berlin", "madrid", "sydney"),
    *("dallas", "chicago", "seattle", "toronto", "mumbai", "sao paulo", "dublin", "stockholm", "helsinki", "warsaw", "zurich"),
    *("vienna", "milan", "oslo", "hong kong", "seoul", "osaka", "bangalore", "dubai", "johannesburg", "nairobi", "lagos"),
    *("miami", "atlanta", "denver", "san jose", "los angeles", "montreal", "mexico city", "bogota", "lima", "santiago"),
    *("buenos aires", "auckland", "melbourne", "perth", "jakarta", "bangkok", "manila", "taipei", "shanghai", "beijing"),
    *("moscow", "istanbul", "athens", "rome", "lisbon", "prague", "budapest", "bucharest", "kyiv", "riga", "tallinn"),
    *("office", "home", "hq", "branch", "warehouse", "dc1", "dc2", "datacenter", "lab", "backup-site", "ashburn", "oregon"),
    *("virginia", "ohio", "ireland", "cape town", "hanoi", "reykjavik", "geneva", "hamburg", "munich", "lyon", "porto"),
)
FIRST_NAMES = (
    *("Anna", "Ben", "Carla", "David", "Elena", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Karin", "Liam", "Maria"),
    *("Nora", "Omar", "Paula", "Quentin", "Rosa", "Sven", "Tina", "Umar", "Vera", "Walter", "Xenia", "Yusuf", "Zoe"),
    *("Priya", "Wei", "Kenji", "Olga", "Mateo", "Fatima", "Chen", "Ivan", "Lucia", "Marek", "Sofia", "Tom", "Emily"),
    *("Jack", "Raj", "Dieter", "Claire", "Pedro", "Hanna", "Igor", "Linda", "Mike", "Sarah", "Steve", "Bob", "Alice"),
)
COMPANIES = (
    *("Acme", "Globex", "Initech", "Umbrella", "Hooli", "Vandelay", "Wonka", "Stark", "Wayne", "Tyrell", "Cyberdyne"),
    *("Contoso", "Fabrikam", "Northwind", "Cloudflare", "AWS", "Hetzner", "OVH", "Azure", "Cisco", "Telekom", "Comcast"),
)
PATHS = (
    *("health", "healthz", "status", "login", "api", "v1", "v2", "users", "cart", "checkout", "index", "home", "about"),
    *("admin", "dashboard", "docs", "search", "products", "orders", "account", "ping", "ready", "live", "metrics", "feed"),
    *("blog", "news", "contact", "shop", "img", "static", "app", "auth", "token", "graphql", "webhook", "download", "en"),
)
PHRASES = (
    *("OK", "ok", "Welcome", "welcome back", "Hello world", "healthy", "UP", "status: ok", "It works!", "Sign in", "Log in"),
    *("Add to cart", "Checkout", "Out of stock", "In stock", "alive", "pong", "success", "ready", "All systems operational"),
    *("Order now", "Contact us", "Copyright 2026", "Page not found", "maintenance", "Buy now", "free shipping", "true", "1"),
    *("Dashboard", "online", "Impressum", "Willkommen", "Bienvenue", "version 2", "build passed", "database connected"),
)
NUMBER_WORDS = {
    1: "one", 2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight", 9: "nine", 10: "ten",
    11: "eleven", 12: "twelve", 15: "fifteen", 20: "twenty", 25: "twenty five", 30: "thirty", 40: "forty",
    45: "forty five", 50: "fifty", 60: "sixty", 90: "ninety", 100: "a hundred",
}  # fmt: skip
ENUM_WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "endpoint": {
        "icmp": ("ping", "icmp", "ICMP", "ping"),
        "http": ("http", "HTTP"),
        "https": ("https", "HTTPS"),
        "httphtml": ("full page", "httphtml", "html page", "page content", "HTML"),
        "dns": ("dns", "DNS"),
        "smtp": ("smtp", "SMTP", "mail"),
        "tcp": ("tcp", "TCP", "plain tcp"),
        "quantum": ("quantum", "quantum safety", "post-quantum", "quantum-safe"),
    },
    "period": {
        "24h": ("24 hours", "24h", "day", "24 hours"),
        "7d": ("7 days", "week", "7d", "seven days"),
        "30d": ("30 days", "month", "30d", "thirty days"),
        "90d": ("90 days", "quarter", "90d", "three months", "3 months"),
    },
    "state": {
        "open": ("open", "ongoing", "active", "unresolved", "current"),
        "resolved": ("resolved", "closed", "finished", "past"),
        "all": ("all",),
    },
    "profile": {
        "ping": ("ping", "ping only", "ping sweep"),
        "quick": ("quick", "quick port", "fast"),
        "service": ("service", "service version", "version"),
        "vuln": ("vuln", "vulnerability", "vulnerabilities"),
    },
    "check": {"ping": ("ping",), "http": ("http", "HTTP"), "dns": ("dns", "DNS")},
}
KEX_GROUPS = (
    *("X25519MLKEM768", "X25519MLKEM768", "SecP256r1MLKEM768", "SecP384r1MLKEM1024", "MLKEM512", "MLKEM768", "MLKEM1024"),
    *("X25519Kyber768Draft00", "X25519", "secp256r1", "x25519mlkem768", "ML-KEM-768", "Kyber768", "P256Kyber768Draft00"),
)
