"""Model facts of the project's own detector, as they travel in its checkpoint."""

from dataclasses import dataclass, field

from lbf_model.vision.detectors.efficientnet_lite import BODIES

IGNORED = -100  # an attribute label that adds no loss, where the picture does not show the attribute


@dataclass(frozen=True)
class DetectorConfig:
    """Model facts of a detector; they travel in its checkpoint.

    Attributes:
        attributes: name of each attribute and its values, in the order a label reads ("small gray cube").
        short_side: pictures are scaled to this short side in pixels ...
        long_side: ... unless the long side would exceed this.
        anchor_sizes: side in pixels of the anchors at strides 4, 8, 16 and 32 of the scaled picture.
        pyramid_channels: channels of the feature pyramid.
        hidden: width of the box head.
        attribute_width: hidden width of each attribute branch; the region feature has one such slice per attribute.
        from_pixels: attributes read from the region's own pixels, each pixel by itself (see `PixelEncoder`).
        from_palette: attributes read only from the colours of the region's foreground (see `PaletteEncoder`).
        from_cloth: attributes also read from the texture of the region's foreground (see `TextureEncoder`).
        from_frozen: attributes also read from `frozen_body` (see `FrozenReader`); each has a second slice in the feature.
        named: the attributes that a region's label names, in this order; empty names all.
        wholes: values of the last named attribute that mean a whole object. Such a region within another one is a part with
            the wrong label, and is left out.
        foreground: separate a region's own pixels from the background around them; colours and textures are then read from
            the foreground alone. Objects on a plain background do not need it.
        min_score: detections below this confidence are dropped.
        temperatures: what an attribute's logits are divided by, to calibrate its probabilities; 1 for attributes that are not
            listed. Fitted after training, on pictures that were not used for training (see `training.calibration`).
        body: the EfficientNet-Lite that looks at the picture, one of `efficientnet_lite.BODIES`.
        frozen_body: a second body, which keeps its ImageNet weights: a body trained on a few thousand pictures memorises them,
            and forgets what it knew of others. Empty means none.
        min_frozen_score: the least score, in [0, 1], that the frozen body must give to a region labelled as a whole; otherwise
            the region does not count as one. 0 turns this off.
    """

    attributes: dict[str, tuple[str, ...]]
    short_side: int = 128
    long_side: int = 224
    anchor_sizes: tuple[int, ...] = (12, 24, 48, 96)
    pyramid_channels: int = 96
    hidden: int = 256
    attribute_width: int = 64
    from_pixels: tuple[str, ...] = ()
    from_palette: tuple[str, ...] = ()
    from_cloth: tuple[str, ...] = ()
    from_frozen: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    wholes: tuple[str, ...] = ()
    foreground: bool = False
    min_score: float = 0.5
    temperatures: dict[str, float] = field(default_factory=dict)
    body: str = "lite0"
    frozen_body: str = ""
    min_frozen_score: float = 0.0

    def __post_init__(self):
        object.__setattr__(self, "attributes", {k: tuple(v) for k, v in self.attributes.items()})
        object.__setattr__(self, "anchor_sizes", tuple(self.anchor_sizes))
        for part in ("from_pixels", "from_palette", "from_cloth", "from_frozen", "named"):
            object.__setattr__(self, part, tuple(getattr(self, part)))
            if not set(getattr(self, part)) <= self.attributes.keys():
                raise ValueError(f"{part} names {getattr(self, part)}, but the attributes are {', '.join(self.attributes)}")
        object.__setattr__(self, "wholes", tuple(self.wholes))
        if not set(self.temperatures) <= self.attributes.keys() or not all(t > 0 for t in self.temperatures.values()):
            raise ValueError(f"temperatures are {self.temperatures}; give positive numbers for {', '.join(self.attributes)}")
        if (self.from_cloth or self.from_palette) and not self.foreground:
            raise ValueError("from_cloth and from_palette need foreground: they read the foreground of a region")
        if bool(self.from_frozen or self.min_frozen_score) != bool(self.frozen_body):
            raise ValueError("frozen_body and what reads it (from_frozen, min_frozen_score) need each other")
        if not self.attributes or any(len(v) < 2 for v in self.attributes.values()):
            raise ValueError(f"each attribute needs two values or more: {self.attributes}")
        last = (self.named or tuple(self.attributes))[-1]
        if not set(self.wholes) <= set(self.attributes[last]):
            raise ValueError(f"wholes names {self.wholes}, but the values of {last} are {', '.join(self.attributes[last])}")
        if len(self.anchor_sizes) != 4:
            raise ValueError(f"4 anchor sizes are needed, one per pyramid level, not {self.anchor_sizes}")
        for body in filter(None, (self.body, self.frozen_body)):
            if body not in BODIES:
                raise ValueError(f"no body {body!r}; there are {', '.join(BODIES)}")

    @property
    def feature_width(self) -> int:
        return self.attribute_width * (len(self.attributes) + len(self.from_frozen))

    def slice_of(self, attribute: str) -> slice:
        """Where an attribute's branch is in the region feature."""
        first = list(self.attributes).index(attribute) * self.attribute_width
        return slice(first, first + self.attribute_width)

    def frozen_slice_of(self, attribute: str) -> slice | None:
        """Where the frozen body's slice for an attribute is in the region feature; None if the attribute has none."""
        if attribute not in self.from_frozen:
            return None
        first = (len(self.attributes) + self.from_frozen.index(attribute)) * self.attribute_width
        return slice(first, first + self.attribute_width)
