"""The networks that the library knows."""

import facestyle as fs


def test_every_architecture_is_described():
    known = fs.architectures()
    assert list(known)[0] == "vgg19" and {"dlib-resnet", "nn4.small2", "yunet", "face-points"} <= {*known}
    assert len(known) == len({*known})
    for name, architecture in known.items():
        assert architecture.name == name
        assert architecture.parameters > 0 and architecture.dimension > 0 and architecture.channels in (1, 3)


def test_pictures_may_be_of_any_size_or_upright():
    known = fs.architectures()
    assert (known["vgg19"].height, known["vgg19"].width) == (None, None)
    assert (known["facenet-nns2"].height, known["facenet-nns2"].width) == (140, 116)


def test_parameters_are_those_of_the_papers():
    known = fs.architectures()
    assert known["vgg19"].parameters == 20_024_384  # Simonyan and Zisserman 2014, without the dense layers
    assert known["nn4.small2"].parameters == 3_733_968  # as OpenFace publishes
    assert known["facenet-nn2"].parameters == 7_472_144  # 7.5M in FaceNet's table 2
    assert round(known["facenet-nn1"].parameters / 1e6) == 140  # table 1
    assert sum(known[name].parameters for name in known if name.startswith("cascade-")) == 1_055_485  # CascadeCNNTests.swift
    assert round(known["facenet-nn1"].multiply_adds / 1e8) == 16
