"""The protocol on a hand-made case of five images with known ranks."""

import numpy as np

from lbf_model.training.metrics import first_hit_ranks, recall, success

# Five pictures in a plane, at these angles; pictures 1 and 4 show the same scene.
ANGLES = np.deg2rad([0, 20, 50, 90, 130])
GALLERY = np.stack([np.cos(ANGLES), np.sin(ANGLES)], 1).astype(np.float32)
SCENES = np.array([0, 1, 2, 3, 1])


def query(degrees):
    angle = np.deg2rad(degrees)
    return [np.cos(angle), np.sin(angle)]


def test_known_ranks():
    queries = np.array([query(2), query(2), query(85), query(85)], np.float32)
    own = np.array([0, -1, 3, 3])
    targets = np.array([1, 1, 1, 2])
    # 1: picture 0 is the query's own and does not count, picture 1 comes first.
    # 2: nothing is excluded, so picture 0 stands before picture 1.
    # 3: picture 3 is excluded; 2 is 35 degrees away, 4 (same scene as 1) is 45 away.
    # 4: picture 2 is the nearest that counts.
    assert first_hit_ranks(queries, GALLERY, own, targets, SCENES).tolist() == [1, 2, 2, 1]


def test_recall_counts_ranks():
    assert recall(np.array([1, 2, 2, 1, 7]), (1, 5, 10)) == {"R@1": 40.0, "R@5": 80.0, "R@10": 100.0}
    assert recall(np.array([]), (1,)) == {"R@1": 0.0}


def test_equal_scores_count_against_the_query():
    gallery = np.array([[1, 0], [1, 0], [0, 1]], np.float32)
    ranks = first_hit_ranks(gallery[:1], gallery, np.array([-1]), np.array([1]), np.array([0, 1, 2]))
    assert ranks.tolist() == [2]


def test_scores_that_are_no_numbers_count_against_the_query():
    ranks = first_hit_ranks(np.full((1, 2), np.nan, np.float32), GALLERY, np.array([-1]), np.array([1]), SCENES)
    assert ranks.tolist() == [4]  # behind the three pictures that are no hit


def test_no_hit_ranks_behind_everything():
    ranks = first_hit_ranks(GALLERY[:1], GALLERY, np.array([0]), np.array([0]), SCENES)
    assert ranks.tolist() == [6]  # only its own picture shows that scene


def test_success_without_queries_is_none():
    assert success(np.zeros((0, 3)), np.zeros((0, 3), bool), (1,)) == {"success@1": 0.0}
