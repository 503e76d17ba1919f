using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.Blip2Vision;

/// <summary>The tower that checkpoints call <c>vision_model</c>: patches and a class token, pre-norm layers, a norm behind the last.</summary>
internal sealed class Blip2VisionTransformer : NamedModule
{
    private readonly Embeddings embeddings;
    private readonly ModuleList<Blip2VisionLayer> layers;
    private readonly LayerNorm lastNorm;

    public Blip2VisionTransformer(Blip2VisionArchitecture sizes, ModuleScope scope)
        : base(nameof(Blip2VisionTransformer))
    {
        embeddings = Add("embeddings", new Embeddings(sizes, scope.Child("embeddings")));
        layers = Add("encoder", new LayerStack(sizes, scope.Child("encoder"))).Layers;
        lastNorm = Add("post_layernorm", new LayerNorm(sizes.HiddenSize, sizes.LayerNormEps, scope.Child("post_layernorm")));
    }

    /// <summary>[I, 3, H, W] → [I, 1 + N, De], normed.</summary>
    /// <param name="images">[I, 3, H, W].</param>
    /// <param name="observe">Called with 0 and the embeddings, then with each layer's number from 1 and its output.</param>
    public Tensor Forward(Tensor images, Action<int, Tensor>? observe = null)
    {
        var x = embeddings.Forward(images);                                                                    // [I, 1 + N, De]
        observe?.Invoke(0, x);
        for (var i = 0; i < layers.Count; i++)
        {
            x = layers[i].Forward(x);
            observe?.Invoke(i + 1, x);
        }

        return lastNorm.Forward(x);
    }

    private sealed class Embeddings : NamedModule
    {
        private readonly Parameter classToken;
        private readonly Parameter positions;
        private readonly Patches patches;

        public Embeddings(Blip2VisionArchitecture sizes, ModuleScope scope)
            : base(nameof(Embeddings))
        {
            classToken = Add("class_embedding", scope.Parameter("class_embedding", 1, 1, sizes.HiddenSize));
            patches = Add("patch_embedding", new Patches(sizes, scope.Child("patch_embedding")));
            positions = Add("position_embedding", scope.Parameter("position_embedding", 1, (sizes.Grid * sizes.Grid) + 1, sizes.HiddenSize));
        }

        /// <summary>[I, 3, H, W] → [I, 1 + N, De].</summary>
        public Tensor Forward(Tensor images)
        {
            var x = patches.Forward(images).flatten(2).transpose(1, 2);                                        // [I, N, De]
            var first = classToken.CastTo(x.dtype).expand(x.shape[0], 1, x.shape[2]);                          // [I, 1, De]
            return cat([first, x], 1).add(positions.CastTo(x.dtype));                                          // [I, 1 + N, De]
        }
    }

    private sealed class Patches : NamedModule
    {
        private readonly Parameter weight;
        private readonly Parameter bias;
        private readonly long[] stride;

        public Patches(Blip2VisionArchitecture sizes, ModuleScope scope)
            : base(nameof(Patches))
        {
            weight = Add("weight", scope.Parameter("weight", sizes.HiddenSize, 3, sizes.PatchSize, sizes.PatchSize));
            bias = Add("bias", scope.Parameter("bias", sizes.HiddenSize));
            stride = [sizes.PatchSize, sizes.PatchSize];
        }

        /// <summary>[I, 3, H, W] → [I, De, H/patch, W/patch].</summary>
        public Tensor Forward(Tensor images) => nn.functional.conv2d(images, weight.CastTo(images.dtype), bias.CastTo(images.dtype), strides: stride);
    }

    private sealed class LayerStack : NamedModule
    {
        public LayerStack(Blip2VisionArchitecture sizes, ModuleScope scope)
            : base(nameof(LayerStack))
        {
            Layers = Add("layers", new ModuleList<Blip2VisionLayer>([.. Enumerable.Range(0, sizes.NumHiddenLayers).Select(i => new Blip2VisionLayer(sizes, scope.Child("layers").Child(i)))]));
        }

        public ModuleList<Blip2VisionLayer> Layers { get; }
    }
}
