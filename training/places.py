"""Where probes stand: cities of the world, codes of airports and points of presence, providers and their regions."""

from __future__ import annotations

#: Cities as they are spelled at home or in English; none is an ordinary English word.
CITIES = tuple(
    " ".join(city.split())
    for city in """Aachen, Aalborg, Aarhus, Aberdeen, Abidjan, Abu Dhabi, Abuja, Accra, Adelaide, Addis Ababa,
    Aix-en-Provence, Albany, Alexandria, Algiers, Alicante, Almaty, Amiens, Amman, Amsterdam, Anchorage,
    Ankara, Antalya, Antananarivo, Antwerp, Arequipa, Århus, Ashburn, Ashgabat, Asmara, Astana, Asunción,
    Athens, Atlanta, Auckland, Augsburg, Austin, Baghdad, Bahía Blanca, Baku, Baltimore, Bamako, Bandung,
    Bangalore, Bangkok, Barcelona, Barranquilla, Basel, Bayreuth, Beauharnois, Beijing, Beirut, Belém,
    Belfast, Belgrade, Belo Horizonte, Bengaluru, Bergamo, Bergen, Berlin, Bern, Besançon, Białystok,
    Bielefeld, Bilbao, Birmingham, Bishkek, Bogotá, Bologna, Bonn, Bordeaux, Boston, Braga, Brașov,
    Brasília, Bratislava, Braunschweig, Bremen, Brescia, Brest, Brighton, Brisbane, Bristol, Brno, Bruges,
    Brussels, Bucharest, Budapest, Buenos Aires, Bursa, Busan, Bydgoszcz, Cádiz, Cairo, Calgary, Cali,
    Cambridge, Campinas, Canberra, Cancún, Cape Town, Caracas, Cardiff, Cartagena, Casablanca, Catania,
    Charlotte, Chennai, Chiang Mai, Chicago, Chișinău, Christchurch, Chur, Ciudad Juárez, Cluj-Napoca,
    Coimbra, Cologne, Colombo, Columbus, Concepción, Copenhagen, Córdoba, Coventry, Cuenca, Curitiba, Cusco,
    Częstochowa, Daegu, Dakar, Dallas, Damascus, Da Nang, Dar es Salaam, Darmstadt, Darwin, Debrecen, Delft,
    Denver, Detroit, Dhaka, Dijon, Djibouti, Doha, Donetsk, Dortmund, Dresden, Dubai, Dublin, Dubrovnik,
    Duisburg, Dunedin, Durban, Düsseldorf, Dushanbe, Edinburgh, Edmonton, Eindhoven, Espoo, Essen, Exeter,
    Falkenstein, Faro, Firenze, Florence, Florianópolis, Fortaleza, Frankfurt, Fredericton, Freiburg,
    Fribourg, Fukuoka, Funchal, Gaborone, Galway, Gaziantep, Gdańsk, Gdynia, Genève, Geneva, Genoa, Gent,
    Ghent, Gijón, Girona, Glasgow, Goiânia, Göteborg, Gothenburg, Göttingen, Granada, Gravelines, Graz,
    Grenoble, Groningen, Guadalajara, Guangzhou, Guatemala City, Guayaquil, Győr, Haarlem, Haifa, Halifax,
    Halle, Hamburg, Hamilton, Hämeenlinna, Hannover, Hanoi, Harare, Havana, Heidelberg, Helsingborg,
    Helsinki, Heraklion, Hiroshima, Ho Chi Minh City, Hobart, Hong Kong, Honolulu, Houston, Hsinchu,
    Hyderabad, Iași, Incheon, Indianapolis, Innsbruck, Ipoh, Irkutsk, Islamabad, Istanbul, İzmir,
    Jacksonville, Jaipur, Jakarta, Jeddah, Jena, Jerusalem, Johannesburg, Jönköping, Kabul, Kampala,
    Kaohsiung, Karachi, Karlsruhe, Kassel, Kathmandu, Katowice, Kaunas, Kazan, Kharkiv, Khartoum, Kiel,
    Kigali, Kingston, Kinshasa, Klagenfurt, Klaipėda, Kobe, Koblenz, Kochi, Kolkata, København, Konstanz,
    Košice, Kragujevac, Kraków, Krasnodar, Kristiansand, Kuala Lumpur, Kuching, Kuopio, Kuwait City, Kyiv,
    Kyoto, Łódź, La Paz, La Plata, La Coruña, Lagos, Lahore, Larnaca, Las Vegas, Lausanne, Leeds, Leicester,
    Leiden, Leipzig, León, Leuven, Libreville, Liège, Lille, Lilongwe, Lima, Limassol, Limoges, Linköping,
    Linz, Lisboa, Lisbon, Liverpool, Ljubljana, Lomé, London, Los Angeles, Louisville, Luanda, Lublin,
    Lucerne, Lugano, Luleå, Lund, Lusaka, Luxembourg, Luzern, Lviv, Lyon, Maastricht, Macau, Madison,
    Madrid, Mainz, Málaga, Malmö, Managua, Manaus, Manchester, Mandalay, Manila, Mannheim, Maputo, Maribor,
    Marrakesh, Marseille, Medan, Medellín, Melbourne, Memphis, Mendoza, Mérida, Mexico City, Miami, Milan,
    Milano, Milwaukee, Minneapolis, Minsk, Mombasa, Monaco, Monrovia, Monterrey, Montevideo, Montpellier,
    Montréal, Montreal, Moscow, Mulhouse, Mumbai, München, Munich, Münster, Murcia, Muscat, Mykolaiv,
    Nagoya, Nairobi, Namur, Nantes, Napoli, Naples, Narvik, Nashville, Nassau, Neuchâtel, New Delhi, New
    Orleans, New York, Newcastle, Niamey, Nicosia, Nîmes, Niš, Norfolk, Norrköping, Nottingham, Nouméa, Novi
    Sad, Novosibirsk, Nuremberg, Nürnberg, Nuuk, Oakland, Odense, Odesa, Oklahoma City, Olomouc, Omaha,
    Oradea, Orlando, Orléans, Osaka, Osijek, Oslo, Ostrava, Ottawa, Ouagadougou, Oulu, Oviedo, Padova,
    Palermo, Palma, Pamplona, Panamá, Paris, Parma, Patras, Pécs, Penang, Pereira, Perth, Perugia,
    Philadelphia, Phnom Penh, Phoenix, Pittsburgh, Plovdiv, Plymouth, Podgorica, Porto, Porto Alegre,
    Portland, Potsdam, Poznań, Prague, Praha, Pretoria, Pristina, Puebla, Pune, Querétaro, Quito, Québec,
    Rabat, Raleigh, Rasht, Recife, Regensburg, Regina, Reims, Rennes, Reykjavík, Rhodes, Ribeirão Preto,
    Riga, Rijeka, Rio de Janeiro, Riyadh, Roma, Rome, Rosario, Roskilde, Rostock, Rotterdam, Roubaix, Rouen,
    Rzeszów, Saarbrücken, Sacramento, Saint-Étienne, Salt Lake City, Salvador, Salzburg, Samara, Samarkand,
    San Antonio, San Diego, San Francisco, San José, San Juan, San Salvador, Santa Clara, Santander,
    Santiago, Santo Domingo, São Luís, São Paulo, Sapporo, Sarajevo, Seattle, Secaucus, Semarang, Sendai,
    Seoul, Sevilla, Seville, Shanghai, Sheffield, Shenzhen, Sibiu, Siena, Singapore, Skellefteå, Skopje,
    Sofia, Sousse, Southampton, Spokane, St. Gallen, St. Louis, Stavanger, Stockholm, Strasbourg, Stuttgart,
    Sucre, Surabaya, Suwon, Suzhou, Sydney, Szczecin, Szeged, Taichung, Tainan, Taipei, Tallinn, Tampa,
    Tampere, Tangier, Tarragona, Tartu, Tashkent, Tbilisi, Tegucigalpa, Tehran, Tel Aviv, Thessaloníki,
    Tianjin, Tijuana, Timișoara, Tirana, Tokyo, Toledo, Toronto, Toruń, Toulouse, Trieste, Tripoli, Tromsø,
    Trondheim, Tucson, Tulsa, Tunis, Turin, Turku, Tórshavn, Tübingen, Uberlândia, Ufa, Ulaanbaatar, Umeå,
    Uppsala, Utrecht, Vaasa, Vaduz, Valdivia, Valencia, Valletta, Valparaíso, Vancouver, Växjö, Venice,
    Verona, Vicenza, Vienna, Vientiane, Vigo, Vilnius, Vladivostok, Västerås, Warsaw, Warszawa, Washington,
    Wellington, Wien, Wiesbaden, Windhoek, Winnipeg, Winterthur, Wolfsburg, Wrocław, Wuhan, Wuppertal,
    Würzburg, Xi'an, Yangon, Yaoundé, Yekaterinburg, Yerevan, Yokohama, York, Zagreb, Zaragoza, Zilina,
    Žilina, Zürich, Zurich, Zwolle, Örebro, Östersund, Ålesund""".split(",")
)
#: Codes of airports and points of presence that spell no English word.
CODES = tuple(
    """abq abv abz acc adl agp akl ala alg ams anc anr arn asb asu atl auh bah bcn beg ber bey bgo bgw bhx
    bkk blr bna bne bod bom bos bqn brn bru bsb bts bud buf bwi cai ccs ccu cdg cgk cgh cgn cgp chc chs cle
    clt cmb cmh cmn cnx cph cpt ctu cvg cwb czx dac dal dca dfw dkr dme dmm doh dps dtw dub dur dus dxb edi
    eur evn ewr eze fco fih fln fns fra fsn fuk gdl gdn geg gla gnb gru gua gum gva gye hbg hel hio hkg hnd
    hnl hrb hyd iad iah icn ict itm jax jed jfk jib jkt jnb kbp khi kiv kix kmg ktm ktw kul kwi lad lax lba
    lca lej lhr lis lju lpb lux lys maa mci mel mem mex mia mjc mle mnl mpm mrs mru msp msq mty muc mxp nag
    nbg nbo nce nqn nrt nue nyc ods okc oma osa osl otp ord pao par pbh pbm pdx phl phx pmo pnh poa poz prg
    ptp pty pvg qro qto rbx rdu rez rgn ric rix ruh scl sdq sfo sgn sgp shj sjc sju skg skp slc sof ssa stl
    str strb svo syd szg tbs tgu tia tlh tll tlv tnr tpa tpe tsn txl tyo uio uln vcp vix vlc vno waw wdh wlg
    wro xnh ygn yow yul yvr ywg yyc yyz zag zdm zrh""".split()
)
#: Codes that are English words too: only ever with a number behind them.
WORDLY_CODES = tuple(
    """ath can cat cup den gun ham has her hot ink lag lim lot mad man may mid mod nap nat not one out pen
    per pet pin sea set sin sit sky tan the tip yes you vat van bet cut dam for all any bay box bog got gig
    oak sap vie tun ind ist""".split()
)
COUNTRIES = tuple(
    """ae ar at au be bg br by ca ch cl cn co cz de dk ee eg es fi fr gb ge gr hk hr hu ie il in ir is it jo
    jp ke kr kz lb lt lu lv ma md mx my ng nl no nz pe ph pk pl pt ro rs ru sa se sg si sk th tn tr tw ua uk
    us uy vn za""".split()
)
PROVIDERS = tuple(
    """aws gcp azure hetzner ovh linode vultr scaleway leaseweb akamai equinix digitalocean contabo ionos
    upcloud netcup rackspace oracle alibaba tencent exoscale infomaniak gcore zenlayer cloudsigma fastly
    bunny telia lumen cogent zayo colt arelion orange swisscom telefonica kpn telenor vodafone comcast
    verizon tmobile starlink""".split()
)
COMPASS = tuple("""west east north south central northeast southeast northwest southwest""".split())
CONTINENTS = tuple("""eu us ap sa af me ca na asia europe uk emea apac latam oc""".split())
#: What stands behind the name of a place.
PLACE_ENDS = tuple(
    """lab edge probe pop core dc agent mon office site colo backup dmz wan lte 5g fiber vm ipv6 v6 main hq
    noc ix gw mobile test relay node""".split()
)
#: Ends of towns that do not exist.
TOWN_ENDS = tuple(
    """burg ville stad grad pur holm wick borg dorf hausen ford haven minster polis abad shima koski mouth
    bridge feld brunn furt gorod vik nes dal fjord lund tuna sele ovo ice owo ów ești ários ón ñola ère ães
    ügge öping ålund şehir""".split()
)
#: Sites of one's own; always with a number or a place, since "from home" names no probe.
OWN_SITES = tuple(
    """office home hq branch warehouse dc datacenter lab backup depot plant campus store factory clinic
    school tower annex floor garage hall rack container truck vessel""".split()
)
