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
    """com com com com net net org org org io dev app co ai de fr es it nl be at ch pl cz se no fi dk pt gr
    ro hu ie uk co.uk org.uk ac.uk gov.uk eu us ca com.au net.au edu.au co.nz org.nz in co.in net.in jp
    co.jp ne.jp go.jp cn com.cn kr co.kr or.kr tw com.tw hk com.hk sg com.sg edu.sg my com.my id co.id vn
    com.vn th co.th br com.br gov.br mx com.mx ar com.ar cl pe com.pe uy com.uy za co.za org.za ke co.ke ng
    com.ng eg tr com.tr edu.tr il co.il ae sa com.sa ru ua com.ua kz lt lv ee bg rs hr si sk is lu li ba mk
    al md ge am az or.at co.at gv.at asso.fr com.pl net.pl info biz shop store online site tech cloud xyz me
    tv cc edu gov mil int museum travel agency example test invalid internal example.com example.org
    example.net systems network solutions services digital media studio software host hosting zone run sh gg
    so fm ly im to pro name jobs mobi cat berlin hamburg wien koeln bayern paris london amsterdam nyc tokyo
    africa swiss bank health hospital clinic energy green farm coop bike cafe bar pizza wine beer school
    academy university page link live news blog wiki email chat team works zip science space world
    today life email center company group global international consulting engineering construction ventures
    finance insurance legal tax""".split()
)
PRIVATE_SUFFIXES = (
    *(
        "lan",
        "lan",
        "local",
        "internal",
        "corp",
        "home",
        "intra",
        "home.arpa",
        "office",
        "prod",
        "dc1",
        "dmz",
        "mgmt",
    ),
    *(
        "localdomain",
        "private",
        "test",
        "example",
        "prod.internal",
        "eu.internal",
        "ad.local",
        "lab.test",
        "staging.internal",
        "k8s.local",
        "consul",
        "fritz.box",
        "vpn",
        "backbone",
        "site",
        "net",
        "int",
        "acme.internal",
        "corp.local",
        "svc.cluster.local",
        "infra",
    ),
)
SUBDOMAINS = (
    *(
        "www",
        "www",
        "mail",
        "shop",
        "api",
        "app",
        "blog",
        "dev",
        "staging",
        "test",
        "cdn",
        "static",
        "img",
        "media",
    ),
    *(
        "admin",
        "portal",
        "login",
        "auth",
        "sso",
        "vpn",
        "remote",
        "gw",
        "ns1",
        "ns2",
        "mx",
        "mx1",
        "smtp",
        "imap",
        "pop",
    ),
    *(
        "ftp",
        "sftp",
        "git",
        "ci",
        "jenkins",
        "grafana",
        "prometheus",
        "kibana",
        "db",
        "sql",
        "redis",
        "cache",
        "proxy",
    ),
    *(
        "lb",
        "edge",
        "status",
        "docs",
        "help",
        "support",
        "store",
        "pay",
        "checkout",
        "secure",
        "my",
        "m",
        "web",
        "intranet",
    ),
    *(
        "crm",
        "erp",
        "wiki",
        "jira",
        "files",
        "backup",
        "nas",
        "cam",
        "voip",
        "sip",
        "meet",
        "chat",
        "news",
        "beta",
        "demo",
    ),
)
DEVICES = (
    *(
        "db",
        "web",
        "app",
        "srv",
        "server",
        "node",
        "gw",
        "gateway",
        "router",
        "switch",
        "sw",
        "core-sw",
        "fw",
        "firewall",
    ),
    *(
        "nas",
        "printer",
        "cam",
        "camera",
        "ap",
        "wifi",
        "mail",
        "mx",
        "dns",
        "ns",
        "dc",
        "ad",
        "proxy",
        "lb",
        "cache",
        "redis",
    ),
    *(
        "postgres",
        "mysql",
        "mongo",
        "kafka",
        "rabbit",
        "es",
        "elastic",
        "log",
        "backup",
        "bkp",
        "vm",
        "esx",
        "hyperv",
        "k8s",
    ),
    *(
        "worker",
        "master",
        "build",
        "ci",
        "git",
        "jump",
        "bastion",
        "vpn",
        "pbx",
        "phone",
        "pos",
        "kiosk",
        "sensor",
        "plc",
    ),
    *(
        "ups",
        "pdu",
        "ilo",
        "idrac",
        "storage",
        "san",
        "file",
        "ftp",
        "sftp",
        "web-prod",
        "web-stg",
        "db-prod",
        "api",
        "auth",
    ),
    *(
        "billing",
        "payroll",
        "crm",
        "erp",
        "wiki",
        "jira",
        "grafana",
        "zabbix",
        "media",
        "plex",
        "pi",
        "raspi",
        "homeassistant",
    ),
    *(
        "edge",
        "border",
        "core",
        "access",
        "dist",
        "leaf",
        "spine",
        "tor",
        "rack",
        "lab",
        "test",
        "dev",
        "stage",
        "prod",
        "win",
    ),
)
#: Labels in front of the names of service records, policies and challenges.
SERVICES = tuple(
    """_dmarc _sip._tcp _sip._udp _sips._tcp _ldap._tcp _kerberos._udp _kerberos._tcp _acme-challenge
    _imaps._tcp _imap._tcp _submission._tcp _xmpp-client._tcp _xmpp-server._tcp _caldavs._tcp _carddavs._tcp
    _autodiscover._tcp _minecraft._tcp _matrix._tcp _turn._udp _stun._udp _ntp._udp _jabber._tcp _pop3s._tcp
    _gc._tcp _kpasswd._tcp _vlmcs._tcp _h323cs._tcp _mta-sts _smtp._tls default._domainkey
    selector1._domainkey google._domainkey s1._domainkey k1._domainkey _domainconnect _443._tcp _25._tcp
    _etcd-server._tcp _mongodb._tcp _puppet._tcp _http._tcp _https._tcp _ftp._tcp _ssh._tcp""".split()
)
#: Words that machines of one kind are told apart by; each tuple is a set of siblings.
SIBLINGS = tuple(
    tuple(line.split())
    for line in (
        "blue green", "east west", "north south", "left right", "old new", "primary secondary", "master replica",
        "active standby", "inner outer", "front back", "upper lower", "prod stage dev test", "red black", "a b c d",
        "main spare", "read write", "ingress egress", "public private", "live shadow", "alpha beta gamma delta",
        "one two three", "first second third", "leader follower", "hot cold", "am pm", "x y z", "leaf spine",
    )
)  # fmt: skip
#: Files that many sites have.
FILES = tuple(
    """robots.txt sitemap.xml favicon.ico index.php index.html index.htm style.css main.js app.js bundle.js
    manifest.json feed.xml rss.xml atom.xml ads.txt security.txt humans.txt config.json version.txt
    status.json health.json wp-login.php xmlrpc.php logo.png banner.jpg crossdomain.xml swagger.json
    openapi.yaml server-status phpinfo.php test.php web.config default.aspx login.jsp cgi-bin
    .well-known/security.txt .well-known/openid-configuration .env package.json""".split()
)
FILE_ENDS = tuple(
    """html htm php asp aspx jsp json xml csv txt pdf zip tar.gz tgz iso img deb rpm exe msi apk css js map
    png jpg jpeg gif svg webp ico mp4 mp3 webm woff2 yaml yml log md rss ics doc docx xls xlsx ppt sql bak
    wasm""".split()
)
#: Words that domains in other alphabets are made of.
FOREIGN_WORDS = tuple(
    """müller bücher käse straße grün schön öl übung füße café crêpe forêt hôtel élan garçon niño año señal
    corazón piñata avião coração ação irmão łódka źródło żaba książka čaj žena škola říčka kůň ø smørrebrød
    blåbær fjäll ångström øl æble þór ðagur gyöngy tűz őz şeker çiçek ığdır straße naïef città perché però
    società ελλάδα αθήνα новости магазин сервер почта погода київ мова бургас шоп 日本 東京 例え 大阪 新聞 中国 北京 公司 香港
    한국 서울 테스트 उदाहरण भारत مثال شبكة موقع עברית ישראל ไทย ข่าว việt hànội""".split()  # noqa: RUF001
)
#: What ids begin with.
ID_HEADS = tuple(
    """m msg job jobs scan req request task fn call run op exec id tx txn proc wf flow batch check chk probe
    trace nmap ping test q queue ev event work worker order ticket ref r s t c j x qs async bg long result
    res netmon mon sw agent act action step cmd""".split()
)
ID_TAILS = tuple("""a b x z eu us prod dev retry new final v2 r2 tmp bg fra long part""".split())
#: Mailboxes of duties, in several languages.
MAIL_ROLES = tuple(
    """ops noc alerts admin oncall on-call support it helpdesk info sysadmin root postmaster hostmaster
    webmaster security soc abuse netops devops sre infra platform monitoring alarm alarms status network
    netzwerk technik bereitschaft stoerung leitstelle betrieb rechenzentrum soporte redes sistemas alertas
    guardia infraestructura suporte rede equipe astreinte reseau exploitation assistenza rete avvisi drift
    varsel jour nettverk valvonta paivystys tuki beheer storing wacht dyzur siec pomoc sprava dohled site
    ugyelet halozat nobet ag destek dezhurny admins kanshi unyou team nightshift duty pager incident
    incidents warnings it-team network-team web-team""".split()
)
MAIL_HOSTS = tuple(
    """gmail.com gmail.com outlook.com hotmail.com yahoo.com icloud.com proton.me protonmail.com gmx.de
    gmx.net web.de t-online.de posteo.de mailbox.org fastmail.com zoho.com aol.com orange.fr free.fr
    laposte.net libero.it wp.pl onet.pl seznam.cz mail.ru yandex.ru ukr.net qq.com 163.com naver.com
    rediffmail.com uol.com.br bigpond.com btinternet.com bluewin.ch telia.com tutanota.com""".split()
)
LAST_NAMES = tuple(
    """smith jones brown taylor wilson davies evans walker wright clarke mueller schmidt schneider fischer
    weber wagner becker hoffmann schulz koch richter klein wolf neumann schwarz zimmermann braun krueger
    garcia fernandez gonzalez rodriguez lopez martinez sanchez perez gomez diaz silva santos oliveira souza
    pereira costa ferreira almeida rossi russo ferrari esposito bianchi romano colombo ricci martin bernard
    dubois thomas robert petit durand leroy moreau simon laurent lefevre jansen devries bakker visser smit
    meijer mulder hansen johansen olsen larsen andersen pedersen nilsson karlsson eriksson svensson lindberg
    virtanen korhonen nieminen makinen kowalski nowak wisniewski wojcik kaminski lewandowski novak svoboda
    dvorak horvath nagy szabo toth kovacs popescu ionescu ivanov petrov sokolov kuznetsov shevchenko
    kovalenko bondarenko yilmaz kaya demir celik sahin wang li zhang liu chen yang huang zhao kim park choi
    jung tanaka suzuki sato watanabe yamamoto nakamura singh kumar sharma patel gupta khan ahmed hassan ali
    rahman nguyen tran pham okafor adeyemi mensah mwangi otieno dlamini naidoo obrien murphy kelly byrne
    macdonald campbell oconnor vanderberg degroot papadopoulos georgiou cohen levi haddad nasser""".split()
)
FIRST_NAMES = tuple(
    """Anna Ben Carla David Elena Farid Greta Hugo Ines Jonas Karin Liam Maria Nora Omar Paula Quentin Rosa
    Sven Tina Umar Vera Walter Xenia Yusuf Zoe Priya Wei Kenji Olga Mateo Fatima Chen Ivan Lucia Marek Sofia
    Tom Emily Jack Raj Dieter Claire Pedro Hanna Igor Linda Mike Sarah Steve Bob Alice Aisha Ahmet Amara
    Anders Andrzej Anika Antonio Arjun Astrid Ayumi Beatriz Bjørn Carlos Chloé Chiara Dagmar Daria Deepak
    Dimitri Eduardo Eeva Emre Erik Esther Ewa Felix Filip Florian Giulia Gustavo Hadia Haruto Heike Helena
    Henrik Ingrid Isabel Ismail Jana Javier Jelena Jiho João Joost Jorge Julia Jürgen Kamala Katarzyna Kofi
    Kristina Kwame Lars Leila Lena Louis Luca Magda Małgorzata Manuel Marta Mehmet Mei Michał Milan Mohammed
    Nadia Nikolai Noah Oksana Olivier Oskar Pavel Petra Piotr Rafael Rania Ravi Renée Ricardo Ruth Sakura
    Salma Samuel Sanjay Sigrid Siobhán Søren Stefan Tamara Tariq Thandi Théo Tomáš Ursula Valentina Viktor
    Wanda Wojciech Yara Yuki Zeynep Zofia""".split()
)
COMPANIES = (
    *(
        "Acme",
        "Globex",
        "Initech",
        "Umbrella",
        "Hooli",
        "Vandelay",
        "Wonka",
        "Stark",
        "Wayne",
        "Tyrell",
        "Cyberdyne",
    ),
    *(
        "Contoso",
        "Fabrikam",
        "Northwind",
        "Cloudflare",
        "AWS",
        "Hetzner",
        "OVH",
        "Azure",
        "Cisco",
        "Telekom",
        "Comcast",
    ),
)
PATHS = (
    *(
        "health",
        "healthz",
        "status",
        "login",
        "api",
        "v1",
        "v2",
        "users",
        "cart",
        "checkout",
        "index",
        "home",
        "about",
    ),
    *(
        "admin",
        "dashboard",
        "docs",
        "search",
        "products",
        "orders",
        "account",
        "ping",
        "ready",
        "live",
        "metrics",
        "feed",
    ),
    *(
        "blog",
        "news",
        "contact",
        "shop",
        "img",
        "static",
        "app",
        "auth",
        "token",
        "graphql",
        "webhook",
        "download",
        "en",
    ),
)
PHRASES = (
    *(
        "OK",
        "ok",
        "Welcome",
        "welcome back",
        "Hello world",
        "healthy",
        "UP",
        "status: ok",
        "It works!",
        "Sign in",
        "Log in",
    ),
    *(
        "Add to cart",
        "Checkout",
        "Out of stock",
        "In stock",
        "alive",
        "pong",
        "success",
        "ready",
        "All systems operational",
    ),
    *(
        "Order now",
        "Contact us",
        "Copyright 2026",
        "Page not found",
        "maintenance",
        "Buy now",
        "free shipping",
        "true",
        "1",
    ),
    *(
        "Dashboard",
        "online",
        "Impressum",
        "Willkommen",
        "Bienvenue",
        "version 2",
        "build passed",
        "database connected",
    ),
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
    *(
        "X25519MLKEM768",
        "X25519MLKEM768",
        "SecP256r1MLKEM768",
        "SecP384r1MLKEM1024",
        "MLKEM512",
        "MLKEM768",
        "MLKEM1024",
    ),
    *(
        "X25519Kyber768Draft00",
        "X25519",
        "secp256r1",
        "x25519mlkem768",
        "ML-KEM-768",
        "Kyber768",
        "P256Kyber768Draft00",
    ),
)
