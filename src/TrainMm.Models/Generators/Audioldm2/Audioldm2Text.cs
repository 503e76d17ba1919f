using TrainMm.Core.Roles;
using TrainMm.Models.Encoders.ClapText;
using TrainMm.Models.Generators.Diffusion.Unet;
using TrainMm.Models.LanguageModels.Gpt2;
using TrainMm.Models.LanguageModels.T5;
using static TorchSharp.torch;

namespace TrainMm.Models.Generators.Audioldm2;

/// <summary>
/// From captions to AudioLDM 2's condition (arXiv:2308.05734, section 3.3): CLAP and T5 read a caption, and GPT-2 goes on from what they say by vectors of its own, each of them its last state,
/// which is also what it reads next: the language of audio. The UNet sees those vectors and T5's states.
/// As one tensor [B, C, Dg] the vectors come first, then the states, and whichever is narrower than Dg has zeros behind it. Where there is padding a row of zeros stands, which the UNet does not see:
/// so the condition of a caption is what it would be without padding, however long captions may be.
/// </summary>
/// <param name="sizes">Sizes.</param>
/// <param name="tokens">Tokens of a caption for either encoder.</param>
/// <param name="clap">CLAP's text tower.</param>
/// <param name="t5">T5's encoder.</param>
/// <param name="projection">What brings their words to the prior.</param>
/// <param name="prior">GPT-2.</param>
internal sealed class Audioldm2Text(Audioldm2Architecture sizes, int tokens, ClapTextModel clap, T5TextEncoder t5, Audioldm2Projection projection, Gpt2Model prior)
{
    /// <summary>What GPT-2 reads of a caption beside T5's states: CLAP's vector, and the beginnings and ends of both.</summary>
    public const int Marks = 5;

    /// <summary>The condition's size.</summary>
    public FeatureSpec Conditioning => new(sizes.MaxNewTokens + tokens, sizes.ConditionWidth);

    /// <summary>[B, 2 · tokens] int64, the ids for CLAP, then those for T5 → [B, C, Dg].</summary>
    public Tensor Condition(Tensor captions)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var ids = captions.narrow(1, tokens, tokens);                                                       // [B, T]
        var attended = ids.ne(sizes.T5.PadTokenId);                                                         // [B, T]
        var states = t5.Forward(ids, attended);                                                             // [B, T, T5's width]
        var prompt = projection.Forward(clap.Forward(captions.narrow(1, 0, tokens)), states);               // [B, T + 5, GPT-2's width]
        var marks = ones([ids.shape[0], 1], ScalarType.Bool, ids.device);
        var made = GoOn(prompt, cat([marks, marks, marks, marks, attended, marks], 1));                     // [B, made, GPT-2's width]
        var words = states.masked_fill(attended.logical_not().unsqueeze(-1), 0);
        return cat([Widened(made), Widened(words)], 1).MoveToOuterDisposeScope();                           // [B, C, Dg]
    }

    /// <summary>A condition as the UNet sees it: GPT-2's vectors, and T5's states but for the padding.</summary>
    /// <param name="condition">[B, C, Dg] in the UNet's element type.</param>
    public IReadOnlyList<UnetContext> Contexts(Tensor condition)
    {
        var made = condition.narrow(1, 0, sizes.MaxNewTokens).narrow(2, 0, sizes.LanguageModel.NEmbd);      // [B, made, GPT-2's width]
        var states = condition.narrow(1, sizes.MaxNewTokens, tokens).narrow(2, 0, sizes.T5.DModel);         // [B, T, T5's width]
        var hidden = states.detach().abs().amax([2]).eq(0).unsqueeze(1).unsqueeze(1);                       // [B, 1, 1, T]
        return [new(made), new(states, zeros(hidden.shape, states.dtype, states.device).masked_fill(hidden, finfo(states.dtype).min))];
    }

    /// <summary>The vectors by which GPT-2 goes on: [B, made, width].</summary>
    /// <param name="prompt">[B, P, width], in which the last is no padding.</param>
    /// <param name="attended">[B, P] bool, false at padding, which takes no position.</param>
    private Tensor GoOn(Tensor prompt, Tensor attended)
    {
        var (one, next) = (attended.narrow(1, 0, 1), prompt);
        var positions = attended.to_type(ScalarType.Int64).cumsum(1).sub(1);                                // [B, P]
        var made = new List<Tensor>(sizes.MaxNewTokens);
        using var cache = new KeyValueCache((int)prompt.shape[1] + sizes.MaxNewTokens - 1);
        while (made.Count < sizes.MaxNewTokens)
        {
            var states = prior.Forward(next, new DecoderInput { AttentionMask = attended, Positions = positions, Cache = cache });
            next = states.narrow(1, states.shape[1] - 1, 1);                                                // [B, 1, width]
            made.Add(next);
            attended = cat([attended, one], 1);
            positions = positions.narrow(1, positions.shape[1] - 1, 1).add(1);                              // [B, 1]
        }

        return cat(made, 1);
    }

    /// <summary>[B, N, width] → [B, N, Dg].</summary>
    private Tensor Widened(Tensor rows) => nn.functional.pad(rows, (0, sizes.ConditionWidth - rows.shape[2]));
}
