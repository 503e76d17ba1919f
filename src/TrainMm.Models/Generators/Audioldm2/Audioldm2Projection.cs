using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Generators.Audioldm2;

/// <summary>
/// What CLAP and T5 say, brought to GPT-2's width, each between a learned beginning and a learned end (arXiv:2308.05734, section 3.3). The parameters have the names of diffusers'
/// <c>AudioLDM2ProjectionModel</c>.
/// </summary>
internal sealed class Audioldm2Projection : NamedModule
{
    private readonly LinearLayer ofSound;
    private readonly LinearLayer ofWords;
    private readonly Parameter[] marks;

    /// <summary>Makes the layers; their parameters have no values yet.</summary>
    /// <param name="soundWidth">Width of CLAP's vector.</param>
    /// <param name="wordsWidth">Width of T5's states.</param>
    /// <param name="width">GPT-2's width.</param>
    /// <param name="scope">The root of the parameters.</param>
    public Audioldm2Projection(int soundWidth, int wordsWidth, int width, ModuleScope scope)
        : base(nameof(Audioldm2Projection))
    {
        ofSound = Add("projection", scope.Child("projection").Linear(soundWidth, width, bias: true));
        ofWords = Add("projection_1", scope.Child("projection_1").Linear(wordsWidth, width, bias: true));
        marks = [.. ((string[])["sos_embed", "eos_embed", "sos_embed_1", "eos_embed_1"]).Select(name => Add(name, scope.Parameter(name, width)))];
    }

    /// <summary>[B, shared width], [B, T, words' width] → [B, T + 5, width]: beginning, sound, end, beginning, words, end.</summary>
    /// <param name="sound">CLAP's vector of the text.</param>
    /// <param name="words">T5's states.</param>
    public Tensor Forward(Tensor sound, Tensor words)
    {
        using var scope = NewDisposeScope();
        var between = marks.Select(mark => mark.CastTo(words.dtype).expand(words.shape[0], 1, mark.shape[0])).ToArray();  // 4 of [B, 1, width]
        return cat([between[0], ofSound.Forward(sound).unsqueeze(1), between[1], between[2], ofWords.Forward(words), between[3]], 1).MoveToOuterDisposeScope();
    }
}
