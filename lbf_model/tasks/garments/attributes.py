"""What a garment's caption can say, in one place: the words that data, detector, sentences and figures share."""

CATEGORIES = (
    "blazer", "blouse", "bodysuit", "dress", "hat", "hoodie", "longsleeve", "outwear", "pants", "polo", "shirt", "shoes",
    "shorts", "skirt", "t-shirt", "top", "undershirt",
)  # fmt: skip
COLORS = (
    "black", "white", "gray", "beige", "brown", "red", "pink", "orange", "yellow", "green", "blue", "purple", "multicolor",
)  # fmt: skip
PATTERNS = ("solid", "striped", "checked", "dotted", "floral", "paisley", "geometric")
# What the shape in a photograph does not always show, but a drawing always does.
SLEEVES = ("sleeveless", "short-sleeved", "long-sleeved")
LENGTHS = ("short", "knee-length", "long")
NECKLINES = ("round", "v-neck", "collar", "hooded", "boat", "strap")
# Every attribute of a garment with its values; the order is that of a garment's facts in training.
VALUES = {
    "category": CATEGORIES,
    "color": COLORS,
    "pattern": PATTERNS,
    "sleeve": SLEEVES,
    "length": LENGTHS,
    "neckline": NECKLINES,
}
# Regions: the whole garment is named by its category, a part by its own name.
PARTS = ("sleeve", "collar", "body", "leg", "hem", "pocket", "print")
