"""`python -m tools.generate`: write what is generated, and say what changed."""

from tools.generate import ROOT, generated_files


def main() -> None:
    """Write the files whose text differs."""
    for name, text in generated_files().items():
        path = ROOT / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(f"wrote {name}")


if __name__ == "__main__":
    main()
