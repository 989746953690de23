def smart(text: str) -> str:
    return text
