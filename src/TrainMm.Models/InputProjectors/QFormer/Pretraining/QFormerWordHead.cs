using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.InputProjectors.QFormer.Pretraining;

/// <summary>BERT's head over words (arXiv:1810.04805): a layer with activation and norm, then the words' own vectors with a bias.</summary>
internal sealed class QFormerWordHead : NamedModule
{
    private readonly Predictions predictions;

    public QFormerWordHead(QFormerArchitecture sizes, ModuleScope scope)
        : base(nameof(QFormerWordHead))
    {
        predictions = Add("predictions", new Predictions(sizes, scope.Child("predictions")));
    }

    /// <summary>[B, T, W] → [B, T, V].</summary>
    /// <param name="states">[B, T, W].</param>
    /// <param name="words">[V, W], the embedding table.</param>
    public Tensor Forward(Tensor states, Tensor words) => predictions.Forward(states, words);

    private sealed class Predictions : NamedModule
    {
        private readonly Transform transform;
        private readonly Parameter bias;

        public Predictions(QFormerArchitecture sizes, ModuleScope scope)
            : base(nameof(Predictions))
        {
            transform = Add("transform", new Transform(sizes, scope.Child("transform")));
            bias = Add("bias", scope.Parameter("bias", sizes.VocabSize));
        }

        public Tensor Forward(Tensor states, Tensor words) => DenseLinear.Apply(transform.Forward(states), words, bias);
    }

    private sealed class Transform : NamedModule
    {
        private readonly LinearLayer dense;
        private readonly LayerNorm norm;
        private readonly Func<Tensor, Tensor> activation;

        public Transform(QFormerArchitecture sizes, ModuleScope scope)
            : base(nameof(Transform))
        {
            dense = Add("dense", scope.Child("dense").Linear(sizes.HiddenSize, sizes.HiddenSize, bias: true));
            norm = Add("LayerNorm", new LayerNorm(sizes.HiddenSize, sizes.LayerNormEps, scope.Child("LayerNorm")));
            activation = Activation.Of(sizes.HiddenAct);
        }

        public Tensor Forward(Tensor x) => norm.Forward(activation(dense.Forward(x)));
    }
}
