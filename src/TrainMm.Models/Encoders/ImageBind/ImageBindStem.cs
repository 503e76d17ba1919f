using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.Encoders.Vision;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.ImageBind;

/// <summary>Sizes of a stem.</summary>
/// <param name="Width">D.</param>
/// <param name="Tokens">Patches that the learned positions are for.</param>
internal sealed record ImageBindStemSizes(int Width, int Tokens);

/// <summary>Patches of images, maps, spectrograms or readings as vectors, the class token before them, and learned positions.</summary>
internal sealed class ImageBindStem : NamedModule, IImageBindStem
{
    /// <summary>An image is seen as so many equal frames.</summary>
    public const int Frames = 2;

    private const int MotionChannels = 6;
    private const double StemEpsilon = 1e-5;

    private readonly Parameter classToken;
    private readonly Parameter positions;
    private readonly Parameter weight;
    private readonly LayerNorm? norm;
    private readonly Func<Tensor, Tensor, Tensor> cut;
    private readonly bool isImage;

    private ImageBindStem(ImageBindStemSizes sizes, string stem, long[] shape, Func<Tensor, Tensor, Tensor> cut, ModuleScope scope)
        : base(nameof(ImageBindStem))
    {
        this.cut = cut;
        isImage = shape.Length == 5;
        var isMotion = shape.Length == 2;
        classToken = Add("cls_token", scope.Parameter("cls_token", 1, 1, sizes.Width));
        var positionPlace = isMotion ? scope : scope.Child("pos_embedding_helper");
        positions = positionPlace.Parameter("pos_embed", 1, sizes.Tokens + 1, sizes.Width);
        if (isMotion) Add("pos_embed", positions);
        else Add("pos_embedding_helper", new Holder("pos_embed", positions));
        var place = scope.Child(stem);
        weight = (isImage ? place.Child("proj").Child(1) : place.Child("proj")).Parameter("weight", shape);
        var projection = new Holder("weight", weight);
        norm = isImage ? null : new LayerNorm(sizes.Width, StemEpsilon, place.Child("norm_layer"));
        Add(stem, new Patches(isImage ? new Enclosed<Holder>("1", projection) : projection, norm));
    }

    /// <inheritdoc/>
    public nn.Module Module => this;

    /// <inheritdoc/>
    public int Places => (int)positions.shape[1] - 1;

    /// <summary>[I, 3, H, W], each image as two frames.</summary>
    public static ImageBindStem OfImages(ImageBindStemSizes sizes, int patch, ModuleScope scope) =>
        new(sizes, "rgbt_stem", [sizes.Width, 3, Frames, patch, patch], (images, weight) => nn.functional.conv3d(images.unsqueeze(2).repeat(1, 1, Frames, 1, 1), weight, strides: [Frames, patch, patch]).flatten(2).transpose(1, 2), scope);

    /// <summary>[I, 1, H, W]: depth, heat or a spectrogram.</summary>
    public static ImageBindStem OfMaps(ImageBindStemSizes sizes, string stem, int kernel, int stride, ModuleScope scope) =>
        new(sizes, stem, [sizes.Width, 1, kernel, kernel], (maps, weight) => nn.functional.conv2d(maps, weight, strides: [stride, stride]).flatten(2).transpose(1, 2), scope);

    /// <summary>[I, 6, S]: readings of acceleration and turning.</summary>
    public static ImageBindStem OfReadings(ImageBindStemSizes sizes, int kernel, ModuleScope scope)
    {
        return new(sizes, "imu_stem", [sizes.Width, MotionChannels * kernel], Cut, scope);

        Tensor Cut(Tensor readings, Tensor weight)
        {
            var joined = readings.unfold(2, kernel, kernel).permute(0, 2, 1, 3).flatten(2);     // [I, S/kernel, 6 · kernel]
            return nn.functional.linear(joined, weight);                                        // [I, S/kernel, D]
        }
    }

    /// <inheritdoc/>
    public Tensor Embed(Tensor media)
    {
        var x = cut(media, weight.CastTo(media.dtype));                                         // [I, N, D]
        x = norm?.Forward(x) ?? x;
        var first = classToken.CastTo(x.dtype).expand(x.shape[0], 1, x.shape[2]);               // [I, 1, D]
        var places = positions.squeeze(0);                                                      // [1 + N, D]
        if (isImage) places = PositionGrid.Resize(places, 1, media.shape[2] / weight.shape[3], media.shape[3] / weight.shape[4]);
        return cat([first, x], 1).add(places.CastTo(x.dtype));                                  // [I, 1 + N, D]
    }

    /// <inheritdoc/>
    public Tensor? Mask(Tensor tokens) => null;

    /// <inheritdoc/>
    public Tensor Select(Tensor tokens, Tensor media) => tokens.select(1, 0);

    /// <summary>A level of names with one parameter.</summary>
    private sealed class Holder : NamedModule
    {
        public Holder(string name, Parameter parameter)
            : base(nameof(Holder)) => Add(name, parameter);
    }

    private sealed class Patches : NamedModule
    {
        public Patches(NamedModule projection, LayerNorm? norm)
            : base(nameof(Patches))
        {
            Add("proj", projection);
            if (norm is not null) Add("norm_layer", norm);
        }
    }
}
