using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.LanguageModels.T5;

/// <summary>One layer of a stack: self-attention, in the decoder attention to the question, and a feed-forward layer, each with its norm before it.</summary>
internal sealed class T5Block : NamedModule
{
    private readonly int index;
    private readonly T5Attention itself;
    private readonly T5Attention? question;
    private readonly T5FeedForward feedForward;
    private readonly RmsNorm itselfNorm;
    private readonly RmsNorm? questionNorm;
    private readonly RmsNorm feedForwardNorm;

    public T5Block(int index, bool isDecoder, T5Architecture sizes, ModuleScope scope)
        : base(nameof(T5Block))
    {
        this.index = index;
        var parts = new List<nn.Module>();
        (itself, itselfNorm) = Part("SelfAttention", place => new T5Attention(sizes, place, hasPositions: index == 0));
        if (isDecoder) (question, questionNorm) = Part("EncDecAttention", place => new T5Attention(sizes, place));
        (feedForward, feedForwardNorm) = Part("DenseReluDense", place => new T5FeedForward(sizes, place));
        Add("layer", new ModuleList<nn.Module>([.. parts]));

        (TPart Part, RmsNorm Norm) Part<TPart>(string name, Func<ModuleScope, TPart> make)
            where TPart : nn.Module
        {
            var place = scope.Child("layer").Child(parts.Count);
            var part = make(place.Child(name));
            var norm = new RmsNorm(sizes.DModel, sizes.LayerNormEpsilon, place.Child("layer_norm"));
            parts.Add(new Named(name, part, norm));
            return (part, norm);
        }
    }

    /// <summary>[buckets, heads], the stack's position biases; null but in the first block.</summary>
    public TokenEmbedding? Positions => itself.Positions;

    /// <summary>[B, T, D] → [B, T, D].</summary>
    public Tensor Forward(Tensor x, T5Pass pass)
    {
        using var scope = NewDisposeScope();
        x = x.add(itself.Forward(itselfNorm.Forward(x), index, pass));
        if (question is not null) x = x.add(question.Cross(questionNorm!.Forward(x), index, pass));
        return x.add(feedForward.Forward(feedForwardNorm.Forward(x), pass.MediaRows)).MoveToOuterDisposeScope();
    }

    /// <summary>A part beside its norm, as the checkpoint's <c>layer.0</c> holds them.</summary>
    private sealed class Named : NamedModule
    {
        public Named(string name, nn.Module part, RmsNorm norm)
            : base(nameof(Named))
        {
            Add(name, part);
            Add("layer_norm", norm);
        }
    }
}
