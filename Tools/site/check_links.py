#!/usr/bin/python3
"""check_links.py FOLDER: whether a built site stands by itself.

Every link leads to a file of the folder and to a place in it that is there, and nothing is fetched from
elsewhere: no script, style, picture or font. MkDocs checks the Markdown's links; this what came of them."""

import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.places, self.links, self.loads = set(), [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.places |= {attributes[name] for name in ("id", "name") if attributes.get(name)}
        if tag == "a" and attributes.get("href"):
            self.links.append(attributes["href"])
        elif tag == "link" and attributes.get("rel") in ("stylesheet", "icon", "preload", "preconnect"):
            self.loads.append(attributes["href"])
        elif attributes.get("src"):
            self.loads.append(attributes["src"])


def faults(folder):
    """(page, what is wrong) of all pages of a folder; an empty folder is an error."""
    pages = {path: Page(path.read_text()) for path in sorted(folder.rglob("*.html"))}
    if not pages:
        raise ValueError(f"{folder} has no pages; expected a built site")
    for path, page in pages.items():
        if path.name == "404.html":
            continue  # its addresses are those of a server's root
        for link in page.links + page.loads:
            parts = urlsplit(link)
            if parts.scheme in ("http", "https", "mailto") or parts.netloc:
                if link in page.loads:
                    yield path, f"{link} is loaded from elsewhere; expected a file of the site"
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.is_file():
                yield path, f"a link to {link}; expected a file of the site"
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].places:
                yield path, f"a link to {link}; expected a place of that page"
    for path in sorted(folder.rglob("*.css")):
        for address in re.findall(r"url\(\s*[\"']?((?:https?:)?//[^)\"']+)", path.read_text()):
            yield path, f"{address} is loaded from elsewhere; expected a file of the site"


def main():
    folder = Path(sys.argv[1]).resolve()
    found = list(faults(folder))
    for path, what in found:
        print(f"{path.relative_to(folder)}: {what}", file=sys.stderr)
    if found:
        sys.exit(f"check_links: {len(found)} faults")


if __name__ == "__main__":
    main()
