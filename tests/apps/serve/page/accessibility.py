# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""Checks of what a page is for people who do not see it, or not well; each gives a list of what is wrong."""

# What must have a name. A list of rows under its heading needs none.
NAMED = {"button", "link", "textbox", "slider", "combobox", "image", "dialog", "progressbar", "form"}

# Text against the first opaque background behind it, after WCAG 2.1: 4.5, or 3 for large text.
CONTRAST = """() => {
    // Painted, for style sheets name colours in more ways than rgb().
    const paint = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
    const channels = (colour) => {
        paint.clearRect(0, 0, 1, 1);
        paint.fillStyle = colour;
        paint.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = paint.getImageData(0, 0, 1, 1).data;
        return { rgb: [r, g, b], a: a / 255 };
    };
    const luminance = (rgb) => {
        const [r, g, b] = rgb.map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const mix = (over, under) => over.rgb.map((c, i) => over.a * c + (1 - over.a) * under[i]);
    const behind = (element) => {
        const layers = [];
        for (let e = element; e; e = e.parentElement) {
            const layer = channels(getComputedStyle(e).backgroundColor);
            if (layer.a > 0) layers.push(layer);
            if (layer.a === 1) break;
        }
        return layers.reverse().reduce((under, layer) => mix(layer, under), [255, 255, 255]);
    };
    const dialog = document.querySelector('dialog[open]');
    const walker = document.createTreeWalker(dialog ?? document.body, NodeFilter.SHOW_TEXT);
    const wrong = [];
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        const text = walker.currentNode.textContent.trim();
        const disabled = element.closest('[aria-disabled="true"], :disabled');
        const unseen = element.closest('.unseen, .skip, option, noscript, script') || !element.checkVisibility();
        if (!text || disabled || unseen) continue;
        const style = getComputedStyle(element);
        const under = behind(element);
        const [a, b] = [luminance(mix(channels(style.color), under)), luminance(under)];
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        const size = parseFloat(style.fontSize);
        const wanted = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
        if (!(ratio >= wanted)) wrong.push(`${ratio.toFixed(2)} "${text}" ${style.color} on ${under}`);
    }
    return wrong;
}"""

SMALL = """() => [...document.querySelectorAll('button, select, .button')]
    .filter((e) => e.checkVisibility())
    .map((e) => [e, e.getBoundingClientRect()])
    .filter(([, box]) => box.width < 24 || box.height < 24)
    .map(([e, box]) => `${e.outerHTML.slice(0, 80)} is ${box.width} x ${box.height}`)"""


def unnamed(page):
    """Controls, pictures and regions without a name, as the browser itself tells assistive programs."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    wrong = []
    for node in nodes:
        role = node.get("role", {}).get("value")
        hidden = node.get("ignored")
        if role in NAMED and not hidden and not node.get("name", {}).get("value"):
            wrong.append(f"a {role} without a name")
    return wrong


def contrast(page):
    return page.evaluate(CONTRAST)


def small_targets(page):
    return page.evaluate(SMALL)


def too_wide(page):
    wide, room = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    return [f"{wide} pixels in a window of {room}"] if wide > room else []


CHECKS = (unnamed, contrast, small_targets, too_wide)
