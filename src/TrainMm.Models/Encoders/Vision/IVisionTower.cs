using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.Vision;

/// <summary>A vision transformer as far as it was built: patches in, one vector a token out.</summary>
internal interface IVisionTower
{
    /// <summary>The parameters, under the names that the checkpoint has within the tower.</summary>
    nn.Module Module { get; }

    /// <summary>[I, C, H, W] → [I, T, De], the output of the last layer that was built.</summary>
    /// <param name="images">[I, C, H, W].</param>
    /// <param name="observe">Called with 0 and the embeddings, then with each layer's number from 1 and its output.</param>
    Tensor Forward(Tensor images, Action<int, Tensor>? observe = null);

    /// <summary>[I, T, De] → [I, T, De]: the norm behind the last layer.</summary>
    /// <exception cref="InvalidOperationException">The tower was built without it.</exception>
    Tensor Norm(Tensor features);

    /// <summary>[I, T, De] → [I, pooled width]: the last layer's output as one vector an image.</summary>
    /// <exception cref="InvalidOperationException">The tower was built without it.</exception>
    Tensor Pool(Tensor features);
}

/// <summary>How much of a tower is built.</summary>
/// <param name="Depth">Layers, from the first.</param>
/// <param name="Norm">Whether the norm behind the last layer is.</param>
/// <param name="Pool">Whether what makes one vector of an image is.</param>
internal sealed record TowerExtent(int Depth, bool Norm = false, bool Pool = false)
{
    /// <summary>What a call of a part that was not built throws.</summary>
    public static InvalidOperationException NotBuilt(string part) => new($"This tower was built without its {part}.");
}
