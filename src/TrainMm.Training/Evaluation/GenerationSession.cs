using TrainMm.Core.Diagnostics;
using TrainMm.Models;
using TrainMm.Models.LanguageModels.Generation;
using TrainMm.Torch;
using TrainMm.Training.Checkpoints;
using TrainMm.Training.Loop;

namespace TrainMm.Training.Evaluation;

/// <summary>A conversation with a trained run.</summary>
public sealed class GenerationSession : IDisposable
{
    private readonly ConversationSource conversation = new();
    private readonly MultimodalModel model;
    private readonly DataAssembly data;
    private readonly AnswerGenerator answers;

    private GenerationSession(MultimodalModel model, DataAssembly data)
    {
        this.model = model;
        this.data = data;
        answers = new AnswerGenerator(model, data.Tokenizer, data.Template);
    }

    /// <summary>Loads a run's frozen and trained parts.</summary>
    /// <param name="options">The run's configuration.</param>
    /// <param name="runDirectory">The run's folder.</param>
    /// <exception cref="UserException">The run has not ended, or its parts cannot be used.</exception>
    public static GenerationSession Open(RunOptions options, string runDirectory)
    {
        Runtime.Initialize(options.Threads ?? 0);
        var (model, data) = FinishedRun.Load(options, new RunDirectory(runDirectory));
        return new GenerationSession(model, data);
    }

    /// <summary>Asks, and adds question and answer to the conversation.</summary>
    /// <param name="prompt">The question; may be empty beside a medium.</param>
    /// <param name="attached">The media that the question is about.</param>
    /// <param name="options">How tokens are chosen; null: greedily.</param>
    /// <param name="onText">Told the answer piece by piece, or null.</param>
    /// <param name="onMedium">Told each medium that the answer makes; null: none is made.</param>
    /// <param name="sampling">How they are drawn; null, or what it does not say, is the run's configuration's to say.</param>
    /// <returns>The whole answer.</returns>
    /// <exception cref="DataException">A medium cannot be read or is of a modality that the run does not know, or the conversation has grown too long; it is then as it was before.</exception>
    public string Ask(
        string prompt, IReadOnlyList<AttachedMedium> attached, GenerationOptions? options = null, Action<string>? onText = null, Action<MadeMedium>? onMedium = null, SamplingOptions? sampling = null)
    {
        conversation.Ask(prompt, attached);
        try
        {
            using var prompts = data.Open(conversation).Batches.LoadPrompts([0]);
            var (answer, ids) = answers.Generate(prompts, options ?? new GenerationOptions(), onText)[0];
            conversation.Answer(answer.Length == 0 ? " " : answer);
            if (onMedium is null) return answer;
            foreach (var medium in new MediaMaker(model, data).Make(prompts, ids, sampling ?? new SamplingOptions())) onMedium(medium);
            return answer;
        }
        catch (DataException)
        {
            conversation.TakeBack();
            throw;
        }
    }

    /// <summary>Begins a new conversation.</summary>
    public void Reset() => conversation.Clear();

    /// <inheritdoc/>
    public void Dispose() => model.Dispose();
}
