"""How far numbers may lie apart, all in one place, each with its reason."""

PRINTED = {
    # Half a unit in the last digit that the course notebook prints.
    "triplet": 0.0005,
    "content": 0.000005,
    "gram": 0.000000005,
    "style": 0.000005,
    # A Float64 printed to its last digit: two roundings more or less.
    "total": 1e-14,
}
GRAM_FLOAT = 5e-7  # two entries of the notebook are one Float32 rounding from what TensorFlow answers today
VGG = 1e-4  # Float32 (ours) against PyTorch's Float64, relative to the largest value
TRACE = 0.01  # relative, after up to 40 steps of Adam: roundings grow from step to step
EMBEDDING = 1e-4  # absolute, in components of a vector of length about 1
NN4_FEATURE = 1e-4  # absolute; activations of 3b are of the size of 1
DETECTION_IOU = 0.9  # a box of nearly the same score may win elsewhere: sums round in another order
DETECTED_PLACE = 0.01  # pixels, Float32 against onnxruntime's: places of up to 1000 pixels
DETECTED_SCORE = 1e-4  # behind a sigmoid
LANDMARK = 0.03  # of the face's width, for the same reason
LFW_ACCURACY = 0.985  # dlib's network reaches 98.6 to 98.9 % here in PyTorch
LFW_ACCURACY_SHIPPED = 0.975  # the model in the box: 98.10 % when it was trained; other kernels may turn a pair or two
GRADIENT_DIFFERENCE = 0.01  # relative; a step of one grey level is far from infinitesimal
KINKED_DIFFERENCE = 0.05  # the same along a gradient, over a whole picture's kinks of rectifiers and maxima
PNG = 0  # lossless
COLOUR = 1  # levels: Little CMS computes 8 bits with 14 behind the point
COLOUR_16 = 1  # levels of 65535: half a one is what rounding to whole ones changes, the rest Float32
ALPHA = 2  # levels: colours, alpha and their blend are rounded, one after another
JPEG = 12  # levels: quality 95 on a smooth picture
DECODER = 1  # levels: another version of the same decoder (libjpeg, libheif, libjxl) rounds another way here and there
CHROMA = 8  # levels: chroma of half the size, repeated by libheif and smoothed by libavif: 6 were measured on a smooth picture
LOSS = 1e-5  # Float32 against PyTorch's Float64, relative to the largest number, or to 1
DOUBLE = 1e-12  # Float64, numbers of order 10
DERIVATIVE = 1e-12  # Float64, of an expression by ways that are exact, relative to its largest numbers
CENTRAL = 1e-7  # central differences with the step 1e-6, numbers of order 10: roundings of 1e-15 over 2e-6
FLOAT = 1e-5  # Float32, sums of a few numbers of order 1
HALF = 1e-2  # absolute, of an embedding: weights of three digits through twenty layers
EIGHT_BITS = 3e-2  # the same with levels of a hundredth of the largest weight: up to 0.01 were measured
GRADIENT = 5e-5  # Float32, relative to the largest, of a network's last layer: one process differs from itself by 2e-5 when
# its batch is in another order
LEVEL = 0.52  # of 255: half a level is what rounding to whole ones changes, the rest Float32 against Float64
LEVEL_CASCADE = 1.1  # through five levels, each of which encodes what the one before made and enlarges what lies where the picture
# hardly varies: 0.64 was measured with few pixels, 0.14 beyond the half that rounding makes; four times that is allowed

# Length of the difference between two gradients by pixels, as a part of the gradient's: roundings of 1e-6 may open or shut a
# rectifier that is given nearly 0, which changes the gradient at all pixels that it sees. Measured 8e-4 with AVX-512,
# where one flips, and 2e-6 with AVX2, where none does.
RECTIFIED_GRADIENT = 2e-3
