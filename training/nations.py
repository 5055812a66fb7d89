"""Cities, the countries that they are in, and how people call these."""

from __future__ import annotations

#: City, code of the country, its name, what comes from it, and the continent.
PLACES: tuple[tuple[str, str, str, str, str], ...] = (
    ("Frankfurt", "DE", "Germany", "German", "Europe"), ("Berlin", "DE", "Germany", "German", "Europe"), ("London", "GB", "Britain", "British", "Europe"),
    ("Manchester", "GB", "England", "English", "Europe"), ("Paris", "FR", "France", "French", "Europe"), ("Lyon", "FR", "France", "French", "Europe"),
    ("Amsterdam", "NL", "the Netherlands", "Dutch", "Europe"), ("Madrid", "ES", "Spain", "Spanish", "Europe"), ("Lisbon", "PT", "Portugal", "Portuguese", "Europe"),
    ("Dublin", "IE", "Ireland", "Irish", "Europe"), ("Stockholm", "SE", "Sweden", "Swedish", "Europe"), ("Helsinki", "FI", "Finland", "Finnish", "Europe"),
    ("Oslo", "NO", "Norway", "Norwegian", "Europe"), ("Copenhagen", "DK", "Denmark", "Danish", "Europe"), ("Warsaw", "PL", "Poland", "Polish", "Europe"),
    ("Prague", "CZ", "Czechia", "Czech", "Europe"), ("Vienna", "AT", "Austria", "Austrian", "Europe"), ("Zurich", "CH", "Switzerland", "Swiss", "Europe"),
    ("Milan", "IT", "Italy", "Italian", "Europe"), ("Athens", "GR", "Greece", "Greek", "Europe"), ("Istanbul", "TR", "Turkey", "Turkish", "Europe"),
    ("Tokyo", "JP", "Japan", "Japanese", "Asia"), ("Osaka", "JP", "Japan", "Japanese", "Asia"), ("Seoul", "KR", "Korea", "Korean", "Asia"),
    ("Mumbai", "IN", "India", "Indian", "Asia"), ("Bangkok", "TH", "Thailand", "Thai", "Asia"), ("Jakarta", "ID", "Indonesia", "Indonesian", "Asia"),
    ("Manila", "PH", "the Philippines", "Philippine", "Asia"), ("Taipei", "TW", "Taiwan", "Taiwanese", "Asia"), ("Hanoi", "VN", "Vietnam", "Vietnamese", "Asia"),
    ("Sydney", "AU", "Australia", "Australian", "Oceania"), ("Perth", "AU", "Australia", "Australian", "Oceania"), ("Auckland", "NZ", "New Zealand", "Kiwi", "Oceania"),
    ("Toronto", "CA", "Canada", "Canadian", "North America"), ("Montreal", "CA", "Canada", "Canadian", "North America"), ("Dallas", "US", "the US", "American", "North America"),
    ("Chicago", "US", "the States", "American", "North America"), ("Mexico City", "MX", "Mexico", "Mexican", "North America"), ("Bogota", "CO", "Colombia", "Colombian", "South America"),
    ("Lima", "PE", "Peru", "Peruvian", "South America"), ("Santiago", "CL", "Chile", "Chilean", "South America"), ("Sao Paulo", "BR", "Brazil", "Brazilian", "South America"),
    ("Buenos Aires", "AR", "Argentina", "Argentinian", "South America"), ("Nairobi", "KE", "Kenya", "Kenyan", "Africa"), ("Lagos", "NG", "Nigeria", "Nigerian", "Africa"),
    ("Johannesburg", "ZA", "South Africa", "South African", "Africa"), ("Cairo", "EG", "Egypt", "Egyptian", "Africa"), ("Dubai", "AE", "the Emirates", "Emirati", "Asia"),
)  # fmt: skip

#: Country and adjective by code.
COUNTRIES: dict[str, tuple[str, str]] = {code: (name, people) for _, code, name, people, _ in PLACES}
