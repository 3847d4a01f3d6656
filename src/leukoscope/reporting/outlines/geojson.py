"""The cells of a picture as GeoJSON, as QuPath 0.4 and later reads it (File > Import objects, or dropped on a picture).

A cell with a nucleus is an object of type "cell", whose `nucleusGeometry` stands beside its `geometry`; one without is
a "detection". Coordinates are pixels of the picture, x to the right and y down, as QuPath has them. A hole in a nucleus
is an inner ring of the lobe around it.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence

from leukoscope.domain.findings import CellFinding, ImageFinding
from leukoscope.domain.labels import UNCERTAIN
from leukoscope.domain.regions import Outline
from leukoscope.reporting.outlines.rings import holes_by_lobe, signed_area
from leukoscope.reporting.palette import Style

Json = dict[str, object]


def geojson_text(finding: ImageFinding, styles: Mapping[str, Style]) -> str:
    """A FeatureCollection with one polygon per cell.

    Args:
        finding: What was found in the picture.
        styles: Title and color of each class.
    """
    features = [_feature(cell, finding.sha256, styles) for cell in finding.cells]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False) + "\n"


def _feature(cell: CellFinding, picture: str, styles: Mapping[str, Style]) -> Json:
    feature: Json = {
        "type": "Feature",
        # QuPath wants a UUID; the same cell of the same picture always gets the same.
        "id": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{picture}/{cell.id}")),
        "geometry": {"type": "Polygon", "coordinates": [_ring(cell.outline.points)]},
    }
    if cell.nucleus_outlines:
        feature["nucleusGeometry"] = _geometry(cell.nucleus_outlines, cell.nucleus_holes)
    properties: Json = {
        "objectType": "cell" if cell.nucleus_outlines else "detection",
        "name": str(cell.id),
        "measurements": {name: value for name, value in cell.features.items() if value == value},
    }
    if cell.prediction is not None:
        label = UNCERTAIN if cell.prediction.uncertain else cell.prediction.label
        properties["classification"] = _classification(label, styles)
    return {**feature, "properties": properties}


def _classification(label: str, styles: Mapping[str, Style]) -> Json:
    style = styles.get(label)
    if style is None:
        return {"name": label}
    color = [int(style.color[place : place + 2], 16) for place in (1, 3, 5)]
    return {"name": style.title, "color": color}


def _geometry(lobes: Sequence[Outline], holes: Sequence[Outline]) -> Json:
    polygons = [
        [_ring(lobe.points), *(_ring(hole.points, hole=True) for hole in inside)]
        for lobe, inside in zip(lobes, holes_by_lobe(lobes, holes), strict=True)
    ]
    if len(polygons) == 1:
        return {"type": "Polygon", "coordinates": polygons[0]}
    return {"type": "MultiPolygon", "coordinates": polygons}


def _ring(points: Sequence[tuple[float, float]], *, hole: bool = False) -> list[list[float]]:
    """A closed ring, its first point repeated at the end; counterclockwise around an area, clockwise around a hole.

    RFC 7946, section 3.1.6; x and y are taken as they are, as if y went up.
    """
    turned = (signed_area(points) < 0) != hole
    ring = [[float(x), float(y)] for x, y in (reversed(points) if turned else points)]
    return [*ring, ring[0]]
